#include "workloads/chakra/decode.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "workloads/chakra/attributes.hpp"

namespace forerun::chakra {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 53;
constexpr double kMicrosPerSecond = 1e6;

std::string_view type_name(int type) {
  switch (type) {
    case wire::REDUCE: return "reduce";
    case wire::GATHER: return "gather";
    case wire::SCATTER: return "scatter";
    default: return "";
  }
}

Collective::Operation operation_of(std::int64_t type) {
  using Operation = Collective::Operation;
  switch (type) {
    case wire::ALL_REDUCE: return Operation::all_reduce;
    case wire::ALL_GATHER: return Operation::all_gather;
    case wire::BROADCAST: return Operation::broadcast;
    case wire::ALL_TO_ALL: return Operation::all_to_all;
    case wire::REDUCE_SCATTER:
    case wire::REDUCE_SCATTER_BLOCK: return Operation::reduce_scatter;
    case wire::BARRIER: return Operation::barrier;
    default: throw BadAttribute{"has the unknown comm_type " + std::to_string(type)};
  }
}

void read_group(const wire::Node& message, TraceNode& node, GroupNames& group_names) {
  const wire::Attribute* attribute = find(message, "pg_name");
  if (attribute != nullptr && !word(*attribute).empty()) node.group = group_names.number_of(word(*attribute));
}

void read_collective(const wire::Node& message, const std::string& file, TraceNode& node, GroupNames& group_names) {
  const std::int64_t type = whole(need(message, "comm_type"), 0, kMost);
  if (const std::string_view name = type_name(static_cast<int>(std::min<std::int64_t>(type, 100))); !name.empty())
    throw MissingCapability(file + ": node " + std::to_string(node.id) + " is a " + std::string(name) +
                            ", which has no cost model yet (all-reduce, all-gather, reduce-scatter, all-to-all, broadcast, barrier have)");
  node.operation = operation_of(type);
  if (node.operation != Collective::Operation::barrier)
    node.bytes = Bytes(static_cast<double>(whole(need(message, "comm_size"), 0, kMost)));
  if (const wire::Attribute* dimensions = find(message, "involved_dim"))
    for (const bool involved : dimensions->bool_list().values())
      if (!involved)
        throw MissingCapability(file + ": node " + std::to_string(node.id) +
                                " names dimensions of a topology (involved_dim); name its process group instead (pg_name)");
  read_group(message, node, group_names);
}

void read_message(const wire::Node& message, const char* peer, TraceNode& node) {
  node.bytes = Bytes(static_cast<double>(whole(need(message, "comm_size"), 0, kMost)));
  node.peer = static_cast<int>(whole(need(message, peer), 0, kMostRanks - 1));
  if (const wire::Attribute* tag = find(message, "comm_tag")) node.tag = whole(*tag, std::numeric_limits<std::int64_t>::min(), kMost);
}

void read_compute(const wire::Node& message, TraceNode& node) {
  if (const wire::Attribute* attribute = find(message, "num_ops")) node.flops = Flops(amount(*attribute));
  if (const wire::Attribute* attribute = find(message, "tensor_size")) node.bytes = Bytes(amount(*attribute));
  if (const wire::Attribute* attribute = find(message, "stream")) node.stream = whole(*attribute, 0, kMost);
}

void read_memory(const std::string& file, TraceNode& node) {
  if (node.duration > Seconds(0)) return;
  throw MissingCapability(file + ": node " + std::to_string(node.id) +
                          " loads or stores remote memory without a duration, which has no cost model yet");
}

}  // namespace

void refuse_node(const std::string& file, std::uint64_t id, std::string what) {
  throw BadInput(Problem{.file = file, .key = "node " + std::to_string(id), .what = std::move(what)});
}

TraceNode decode(const wire::Node& message, const std::string& file, GroupNames& group_names) {
  TraceNode node;
  node.id = message.id();
  node.name = message.name().substr(0, kLongestName);
  try {
    if (message.duration_micros() > static_cast<std::uint64_t>(kMost)) throw BadAttribute{"has a duration_micros that is out of range"};
    node.duration = Seconds(static_cast<double>(message.duration_micros()) / kMicrosPerSecond);
    if (const wire::Attribute* host = find(message, "is_cpu_op")) node.on_host = truth(*host);
    switch (message.type()) {
      case wire::METADATA_NODE: break;
      case wire::MEM_LOAD_NODE:
      case wire::MEM_STORE_NODE: node.kind = NodeKind::memory, read_memory(file, node); break;
      case wire::COMP_NODE: node.kind = NodeKind::compute, read_compute(message, node); break;
      case wire::COMM_SEND_NODE: node.kind = NodeKind::send, read_message(message, "comm_dst", node); break;
      case wire::COMM_RECV_NODE: node.kind = NodeKind::receive, read_message(message, "comm_src", node); break;
      case wire::COMM_COLL_NODE: node.kind = NodeKind::collective, read_collective(message, file, node, group_names); break;
      default: throw BadAttribute{"has the unknown type " + std::to_string(message.type())};
    }
  } catch (const BadAttribute& bad) {
    refuse_node(file, node.id, bad.what);
  }
  return node;
}

}  // namespace forerun::chakra
