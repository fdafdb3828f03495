#include "kernels/cuda/device.hpp"

#include <vector>

#include "kernels/cuda/elementwise.hpp"
#include "kernels/cuda/operator.hpp"

namespace forerun::cuda {

namespace {

/// Events on one stream, which are used again.
class EventTimeline final : public Timeline {
 public:
  explicit EventTimeline(std::shared_ptr<Context> context) : context_(std::move(context)) {}
  ~EventTimeline() override {
    for (const cudaEvent_t event : events_) cudaEventDestroy(event);
  }

  std::size_t mark() override {
    if (marks_ == events_.size()) {
      cudaEvent_t event = nullptr;
      check(cudaEventCreate(&event), "cudaEventCreate");
      events_.push_back(event);
    }
    check(cudaEventRecord(events_[marks_], context_->stream()), "cudaEventRecord");
    return marks_++;
  }

  [[nodiscard]] Seconds between(std::size_t begin, std::size_t end) override {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, events_.at(begin), events_.at(end)), "cudaEventElapsedTime");
    return Seconds(1e-3 * static_cast<double>(milliseconds));
  }

  void clear() override { marks_ = 0; }

 private:
  std::shared_ptr<Context> context_;
  std::vector<cudaEvent_t> events_;
  std::size_t marks_ = 0;
};

std::shared_ptr<Context> context_on(int number) {
  require_device(number);
  return std::make_shared<Context>(number);
}

}  // namespace

GpuDevice::GpuDevice(int number) : context_(context_on(number)), timeline_(std::make_unique<EventTimeline>(context_)) {}

GpuDevice::~GpuDevice() = default;

void* GpuDevice::allocate(std::size_t bytes) {
  DeviceMemory memory(bytes);
  check(cudaMemsetAsync(memory.data(), 0, bytes, context_->stream()), "cudaMemsetAsync");
  return memory.release();
}

void GpuDevice::release(void* memory) noexcept { cudaFree(memory); }

// From memory that is not pinned the call returns once the host's array may change.
void GpuDevice::upload(const void* host, std::size_t bytes, void* to) {
  check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, context_->stream()), "a copy to the GPU");
  finish();
}

void GpuDevice::download(const void* from, std::size_t bytes, void* host) {
  check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, context_->stream()), "a copy from the GPU");
  finish();
}

void GpuDevice::copy(const void* from, std::size_t bytes, void* to) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, context_->stream()), "a copy on the GPU");
}

namespace {

std::size_t bytes_of(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

}  // namespace

void GpuDevice::take_slice(const float* matrix, const Slice& slice, float* own) {
  check(cudaMemcpy2DAsync(own, bytes_of(slice.count), matrix + slice.first, bytes_of(slice.width), bytes_of(slice.count),
                          static_cast<std::size_t>(slice.rows), cudaMemcpyDeviceToDevice, context_->stream()),
        "a copy on the GPU");
}

void GpuDevice::put_slice(const float* own, const Slice& slice, float* matrix) {
  check(cudaMemcpy2DAsync(matrix + slice.first, bytes_of(slice.width), own, bytes_of(slice.count), bytes_of(slice.count),
                          static_cast<std::size_t>(slice.rows), cudaMemcpyDeviceToDevice, context_->stream()),
        "a copy on the GPU");
}

void GpuDevice::add(Precision precision, const void* from, std::int64_t elements, void* to) {
  add_gradient(precision, from, elements, to, context_->stream());
}

void GpuDevice::scale(Precision precision, float factor, std::int64_t elements, void* values) {
  cuda::scale(precision, factor, elements, values, context_->stream());
}

void GpuDevice::round(Precision precision, const float* from, std::int64_t elements, void* to) {
  if (precision == Precision::bf16) return round_to_bf16(from, elements, to, context_->stream());
  copy(from, bytes_of(elements), to);
}

bool GpuDevice::offers(const Kernel& kernel) const { return cuda::offers(kernel); }

std::unique_ptr<Operator> GpuDevice::make_operator(const Kernel& kernel, const OperatorOptions& options) {
  return cuda::make_operator(kernel, context_, options);
}

std::unique_ptr<Operator> GpuDevice::make_update(std::int64_t count, Optimizer optimizer, const UpdateRule& rule) {
  return cuda::make_update(count, optimizer, rule, context_);
}

}  // namespace forerun::cuda
