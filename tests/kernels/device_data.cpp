#include "device_data.hpp"

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

namespace forerun {

namespace {

std::vector<__nv_bfloat16> to_bf16(const std::vector<float>& values) {
  std::vector<__nv_bfloat16> rounded;
  rounded.reserve(values.size());
  for (const float value : values) rounded.push_back(__float2bfloat16(value));
  return rounded;
}

template <class T>
T* as(const Placed& memory) {
  return static_cast<T*>(memory.data());
}

void put(const void* values, const Placed& memory) {
  if (memory.bytes() > 0)
    cuda::check(cudaMemcpy(memory.data(), values, memory.bytes(), cudaMemcpyHostToDevice), "cudaMemcpy to the device");
}

/// A copy from memory that is not pinned may return before it is there, and the streams of contexts do not wait for it.
void finish_copies() { cuda::check(cudaDeviceSynchronize(), "copies to the device"); }

void get(const Placed& memory, void* values, std::size_t bytes) {
  if (bytes > 0) cuda::check(cudaMemcpy(values, memory.data(), bytes, cudaMemcpyDeviceToHost), "cudaMemcpy from the device");
}

void get(const Placed& memory, std::vector<float>& values) { get(memory, values.data(), values.size() * sizeof(float)); }

void get_rounded(const Placed& memory, std::vector<float>& values) {
  std::vector<__nv_bfloat16> rounded(values.size());
  get(memory, rounded.data(), rounded.size() * sizeof(__nv_bfloat16));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = __bfloat162float(rounded[i]);
}

}  // namespace

std::vector<float> rounded_to_bf16(const std::vector<float>& values) {
  std::vector<float> rounded;
  rounded.reserve(values.size());
  for (const float value : values) rounded.push_back(__bfloat162float(__float2bfloat16(value)));
  return rounded;
}

Placed to_device(const std::vector<float>& values, std::size_t behind) {
  Placed memory(values.size() * sizeof(float), behind);
  put(values.data(), memory);
  finish_copies();
  return memory;
}

std::vector<float> from_device(const Placed& memory) {
  std::vector<float> values(memory.bytes() / sizeof(float));
  get(memory, values);
  return values;
}

Placed DeviceData::put(const void* values, std::size_t bytes) {
  Placed memory(bytes, behind_);
  forerun::put(values, memory);
  return memory;
}

Placed DeviceData::put(const std::vector<float>& values, bool activation) {
  if (!activation || !bf16_) return put(values.data(), values.size() * sizeof(float));
  const std::vector<__nv_bfloat16> rounded = to_bf16(values);
  return put(rounded.data(), rounded.size() * sizeof(__nv_bfloat16));
}

DeviceData::DeviceData(const LayerData& host, Precision precision, std::size_t behind)
    : bf16_(precision == Precision::bf16), behind_(behind) {
  input_ = put(host.input, true), output_ = put(host.output, true);
  output_gradient_ = put(host.output_gradient, true), input_gradient_ = put(host.input_gradient, true);
  weights_ = put(host.weights, false), weight_gradient_ = put(host.weight_gradient, false), velocity_ = put(host.velocity, false);
  if (bf16_) rounded_ = put(host.weights, true);
  second_moment_ = put(host.second_moment, false), statistics_ = put(host.statistics, false), running_ = put(host.running, false);
  indices_ = put(host.indices.data(), host.indices.size() * sizeof(std::int32_t));
  labels_ = put(host.labels.data(), host.labels.size() * sizeof(std::int32_t));
  picked_ = put(host.picked.data(), host.picked.size() * sizeof(std::int32_t));
  mask_ = put(host.mask.data(), host.mask.size());
  loss_ = put(&host.loss, sizeof(float));
  for (const std::vector<float>& further : host.further_inputs) further_inputs_.push_back(put(further, true));
  for (const std::vector<float>& further : host.further_input_gradients) further_input_gradients_.push_back(put(further, true));
  host_.key = host.key, host_.step = host.step, host_.first_sample = host.first_sample;
  finish_copies();
}

LayerBuffers DeviceData::buffers() const {
  LayerBuffers b = host_;
  b.input = as<float>(input_), b.output = as<float>(output_);
  b.output_gradient = as<float>(output_gradient_), b.input_gradient = as<float>(input_gradient_);
  b.weights = as<float>(weights_), b.rounded_weights = rounded_.data(), b.weight_gradient = as<float>(weight_gradient_);
  b.velocity = as<float>(velocity_), b.second_moment = as<float>(second_moment_);
  b.statistics = as<float>(statistics_), b.running = as<float>(running_);
  b.indices = as<std::int32_t>(indices_), b.labels = as<std::int32_t>(labels_), b.picked = as<std::int32_t>(picked_);
  b.mask = as<std::uint8_t>(mask_), b.loss = as<float>(loss_);
  for (const Placed& further : further_inputs_) b.further_inputs.push_back(as<float>(further));
  for (const Placed& further : further_input_gradients_) b.further_input_gradients.push_back(as<float>(further));
  return b;
}

void DeviceData::download(LayerData& host) const {
  const auto get_activation = [this](const Placed& memory, std::vector<float>& values) {
    bf16_ ? get_rounded(memory, values) : get(memory, values);
  };
  get_activation(input_, host.input), get_activation(output_, host.output);
  get_activation(output_gradient_, host.output_gradient), get_activation(input_gradient_, host.input_gradient);
  get(weights_, host.weights), get(weight_gradient_, host.weight_gradient), get(velocity_, host.velocity);
  get(second_moment_, host.second_moment), get(statistics_, host.statistics), get(running_, host.running);
  get(indices_, host.indices.data(), host.indices.size() * sizeof(std::int32_t));
  get(mask_, host.mask.data(), host.mask.size());
  get(loss_, &host.loss, sizeof(float));
  for (std::size_t i = 0; i < further_inputs_.size(); ++i) {
    get_activation(further_inputs_[i], host.further_inputs[i]);
    get_activation(further_input_gradients_[i], host.further_input_gradients[i]);
  }
}

std::vector<float> DeviceData::rounded_weights() const {
  std::vector<float> values(rounded_.bytes() / sizeof(__nv_bfloat16));
  get_rounded(rounded_, values);
  return values;
}

}  // namespace forerun
