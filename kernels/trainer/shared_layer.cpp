#include "kernels/trainer/shared_layer.hpp"

#include <stdexcept>
#include <string>

#include "core/error.hpp"
#include "kernels/trainer/channel_part.hpp"
#include "kernels/trainer/gathered_rows.hpp"
#include "kernels/trainer/row_part.hpp"

namespace forerun {

std::unique_ptr<SharedLayer> shared_layer(const Shard& shard, std::int64_t batch, LayerBuffers& buffers, Device& device) {
  const bool rows = shard.share == Share::rows || shard.share == Share::gathered_rows;
  if (rows && !device.is_host()) throw MissingCapability("the trainer shares out rows of images on CPUs alone (spatial)");
  switch (shard.share) {
    case Share::nothing: return nullptr;
    case Share::filters:
    case Share::channels: return std::make_unique<ChannelPart>(shard, batch, buffers, device);
    case Share::rows: return slides(shard.whole.kind) ? std::make_unique<RowPart>(shard, batch, buffers) : nullptr;
    case Share::gathered_rows: return std::make_unique<GatheredRows>(shard, batch, buffers);
  }
  return nullptr;
}

void require_planned(const PlannedExchange& planned, std::int64_t elements) {
  if (static_cast<double>(elements) * sizeof(float) != planned.transfer->bytes.value())
    throw std::logic_error("operation " + std::to_string(planned.operation) + " of the plan exchanges something else");
}

}  // namespace forerun
