#include <array>

#include "platforms/description.hpp"

namespace forerun {
namespace {

constexpr std::array<std::string_view, 61> kKeys = {"calibration",
                                                    "catalogue",
                                                    "checkpoint-connection-bandwidth",
                                                    "checkpoint-latency",
                                                    "checkpoint-storage",
                                                    "checkpoint-write-bandwidth",
                                                    "checkpoint-write-iops",
                                                    "collective-library",
                                                    "collective-overhead",
                                                    "compute-capability",
                                                    "compute-jitter",
                                                    "cores",
                                                    "data-connection-bandwidth",
                                                    "data-latency",
                                                    "data-read-bandwidth",
                                                    "data-read-iops",
                                                    "data-storage",
                                                    "device",
                                                    "device-bandwidth",
                                                    "device-memory",
                                                    "device-rate",
                                                    "device-spread",
                                                    "devices-per-node",
                                                    "disk-size",
                                                    "dragonfly",
                                                    "fabric",
                                                    "fat-tree",
                                                    "first-node",
                                                    "global-bandwidth",
                                                    "host-link-bandwidth",
                                                    "ingress-bandwidth",
                                                    "intra-node-bandwidth",
                                                    "intra-node-latency",
                                                    "intra-node-share",
                                                    "link-bandwidth",
                                                    "link-latency",
                                                    "link-share",
                                                    "loader-rate",
                                                    "local-bandwidth",
                                                    "memory-per-node",
                                                    "network-file",
                                                    "network-nodes",
                                                    "nic-bandwidth",
                                                    "nics",
                                                    "node-power",
                                                    "node-stride",
                                                    "nodes",
                                                    "oversubscription",
                                                    "price",
                                                    "price-date",
                                                    "price-source",
                                                    "processor",
                                                    "region",
                                                    "ring-nics",
                                                    "slow-devices",
                                                    "slow-links",
                                                    "source",
                                                    "spot-price",
                                                    "startup",
                                                    "topology",
                                                    "torus"};

}  // namespace

std::span<const std::string_view> platform_keys() { return kKeys; }

}  // namespace forerun
