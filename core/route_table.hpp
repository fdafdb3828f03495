#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace forerun {

/// Links, and the ones that a message from node to node crosses, as a file lists them.
struct RouteTable {
  struct Link {
    std::string name;
    BytesPerSecond bandwidth;
    bool shared = true;  ///< false: each message has all of it, however many there are

    friend bool operator==(const Link&, const Link&) = default;
  };

  std::string file;                ///< where it comes from
  std::vector<std::string> nodes;  ///< their names
  std::vector<Link> links;
  std::vector<std::int32_t> crossed;  ///< links, route after route
  std::vector<std::int64_t> first;    ///< of the route between two nodes in `crossed`, at from x nodes + to; one more at the end
  Seconds latency;                    ///< of the longest route

  friend bool operator==(const RouteTable&, const RouteTable&) = default;
};

/// A table that platforms share, since it is large; none where it is empty. Equal where what stands in it is.
class SharedRoutes {
 public:
  SharedRoutes() = default;
  explicit SharedRoutes(RouteTable table) : table_(std::make_shared<const RouteTable>(std::move(table))) {}

  explicit operator bool() const { return table_ != nullptr; }
  const RouteTable& operator*() const { return *table_; }
  const RouteTable* operator->() const { return table_.get(); }
  friend bool operator==(const SharedRoutes& a, const SharedRoutes& b) {
    return a.table_ == b.table_ || (a.table_ && b.table_ && *a.table_ == *b.table_);
  }

 private:
  std::shared_ptr<const RouteTable> table_;
};

}  // namespace forerun
