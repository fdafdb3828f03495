#include "kernels/cpu/attention.hpp"

#include <dnnl.hpp>

#include "kernels/cpu/layers.hpp"
#include "kernels/cpu/onednn/primitive.hpp"

namespace forerun::cpu {

namespace {

/// c = op(a) op(b) + beta c over a depth; `a` and `b` are 'T' where the matrix is transposed, else 'N'.
void product(char a_op, const ConstStridedMatrix& a, char b_op, const ConstStridedMatrix& b, Eigen::Index depth, float beta,
             StridedMatrix& c) {
  const OpenMpTeam team;
  const dnnl::status status = dnnl::sgemm(a_op, b_op, c.rows(), c.cols(), depth, 1, a.data(), a.outerStride(), b.data(), b.outerStride(),
                                          beta, c.data(), c.outerStride());
  if (status != dnnl::status::success) throw dnnl::error(static_cast<dnnl_status_t>(status), "a product of an attention");
}

constexpr AttentionProducts kProducts = {
    .times_transposed = [](const ConstStridedMatrix& a, const ConstStridedMatrix& b,
                           StridedMatrix c) { product('N', a, 'T', b, a.cols(), 0, c); },
    .times = [](const ConstStridedMatrix& a, const ConstStridedMatrix& b, StridedMatrix c) { product('N', a, 'N', b, a.cols(), 0, c); },
    .add_transposed_times = [](const ConstStridedMatrix& a, const ConstStridedMatrix& b,
                               StridedMatrix c) { product('T', a, 'N', b, a.rows(), 1, c); }};

}  // namespace

std::unique_ptr<Operator> onednn_attention(const Kernel& kernel, const OperatorOptions& options) {
  return attention_by(kProducts, kernel, options);
}

}  // namespace forerun::cpu
