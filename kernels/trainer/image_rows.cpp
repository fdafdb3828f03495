#include "kernels/trainer/image_rows.hpp"

#include <algorithm>

#include "kernels/cpu/operator.hpp"

namespace forerun {

namespace {

template <class Visit>
void for_each_run(const ImageRows<const float>& from, ImageRange range, const ImageRows<float>& to, Visit&& visit) {
  const std::int64_t begin = std::max({range.begin, from.rows.begin, to.rows.begin});
  const std::int64_t end = std::min({range.end, from.rows.end, to.rows.end});
  if (begin >= end) return;
  for (std::int64_t image = 0; image < to.batch; ++image)
    visit(from.row(image, begin), (end - begin) * to.row_elements, to.row(image, begin));
}

}  // namespace

void copy_rows(const ImageRows<const float>& from, ImageRange range, const ImageRows<float>& to) {
  for_each_run(from, range, to, [](const float* source, std::int64_t count, float* target) { std::copy_n(source, count, target); });
}

void add_rows(const ImageRows<const float>& from, ImageRange range, const ImageRows<float>& to) {
  for_each_run(from, range, to, cpu::add_gradient);
}

}  // namespace forerun
