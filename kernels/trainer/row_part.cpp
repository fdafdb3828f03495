#include "kernels/trainer/row_part.hpp"

#include <algorithm>
#include <limits>

namespace forerun {

RowPart::RowPart(const Shard& shard, std::int64_t batch, LayerBuffers& buffers) : shard_(shard), share_(shard.rows()) {
  const TensorShape &input = shard.whole.input, &output = shard.whole.output;
  const std::int64_t in = input.width * input.channels, out = output.width * output.channels;  // elements of a row
  const auto made = [batch](AlignedArray<float>& array, ImageRange rows, std::int64_t elements) {
    array = AlignedArray<float>(static_cast<std::size_t>(batch * rows.extent() * elements));
    return ImageRows<float>{array.data(), rows, batch, elements};
  };
  x_own_ = {buffers.input, share_.reads_samples ? ImageRange{0, input.height} : share_.input, batch, in};
  dy_own_ = {buffers.output_gradient, share_.output, batch, out};
  dx_own_ = {buffers.input_gradient, share_.input, batch, in};
  x_ = made(x_array_, share_.x, in);
  // Beyond the image: what pooling never picks.
  if (shard.whole.kind == LayerKind::max_pool) std::ranges::fill(x_array_.span(), std::numeric_limits<float>::lowest());
  if (dx_own_.data != nullptr) {
    dy_ = made(dy_array_, share_.dy, out);
    dx_ = made(dx_array_, share_.dx, in);
  }
  const std::int64_t most = std::max({share_.x_reach.before, share_.x_reach.after, share_.dy_reach.before, share_.dy_reach.after});
  sent_ = AlignedArray<float>(static_cast<std::size_t>(batch * most * std::max(in, out)));
  received_ = AlignedArray<float>(sent_.size());
}

void RowPart::begin(Pass pass, LayerBuffers& buffers) {
  if (pass == Pass::forward) {
    if (share_.reads_samples) x_own_.data = buffers.input;
    copy_rows(x_own_, share_.input, x_);
  } else if (dx_own_.data != nullptr) {
    copy_rows(dy_own_, share_.output, dy_);
  }
}

void RowPart::point(Pass pass, LayerBuffers& buffers) {
  buffers.input = x_.data;
  buffers.output_gradient = pass == Pass::backward_data ? dy_.data : dy_own_.data;
  buffers.input_gradient = dx_.data;
}

void RowPart::end(Pass pass) {
  if (pass != Pass::backward_data) return;
  std::fill_n(dx_own_.data, dx_own_.elements(), 0.0F);  // of rows that no window looks at
  copy_rows({dx_.data, dx_.rows, dx_.batch, dx_.row_elements}, share_.input, dx_own_);
}

RowPart::Moved RowPart::moved(ImageRange own, Reach reach, bool toward_next, bool back) const {
  const std::int64_t before = reach.before, after = reach.after;
  if (back)
    return toward_next ? Moved{{own.end, own.end + after}, {own.begin, own.begin + after}}
                       : Moved{{own.begin - before, own.begin}, {own.end - before, own.end}};
  return toward_next ? Moved{{own.end - before, own.end}, {own.begin - before, own.begin}}
                     : Moved{{own.begin, own.begin + after}, {own.end, own.end + after}};
}

ImageRows<const float> RowPart::shift(const PlannedExchange& planned, RankGroup& group, const ImageRows<const float>& from, Moved rows) {
  const ImageRows<float> message{sent_.data(), rows.sent, from.batch, from.row_elements};
  const std::int64_t elements = message.elements();
  const bool sends = group.rank() + 1 < group.ranks(), receives = group.rank() > 0;
  // The plan counts rows of the largest part, which all parts have.
  require_planned(planned, elements);
  if (receives)
    group.start_receive(planned.operation, group.rank() - 1, planned.operation, received_.span().first(static_cast<std::size_t>(elements)));
  if (sends) {
    std::fill_n(message.data, elements, 0.0F);
    copy_rows(from, rows.sent, message);
    group.start_send(planned.operation, group.rank() + 1, planned.operation, sent_.span().first(static_cast<std::size_t>(elements)));
  }
  group.wait(planned.operation);
  return {received_.data(), receives ? rows.received : ImageRange{}, from.batch, from.row_elements};
}

void RowPart::exchange(const PlannedExchange& planned, RankGroup& group) {
  if (planned.pass == Pass::forward) {
    const ImageRows<const float> rows = shift(planned, group, x_own_, moved(share_.input, share_.x_reach, planned.toward_next, false));
    copy_rows(rows, rows.rows, x_);
  } else if (shard_.whole.kind == LayerKind::max_pool) {
    const ImageRows<const float> left{dx_.data, dx_.rows, dx_.batch, dx_.row_elements};
    const ImageRows<const float> rows = shift(planned, group, left, moved(share_.input, share_.x_reach, planned.toward_next, true));
    add_rows(rows, rows.rows, dx_own_);
  } else {
    const ImageRows<const float> rows = shift(planned, group, dy_own_, moved(share_.output, share_.dy_reach, planned.toward_next, false));
    copy_rows(rows, rows.rows, dy_);
  }
}

}  // namespace forerun
