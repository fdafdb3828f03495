#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.hpp"
#include "core/prediction.hpp"
#include "sim/play.hpp"

namespace forerun::sim {

/// Values as bytes, between two processes of one program.
class Encoder {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(const std::string& text) { put(text.size()), bytes_ += text; }
  template <class T>
  void put(const std::vector<T>& list) {
    put(list.size());
    for (const T& item : list) put(item);
  }

  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what an Encoder wrote, in the same order. Throws SimulationFailed at a truncated end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  void get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, pull(sizeof value).data(), sizeof value);
  }
  void get(std::string& text) { text = pull(length()); }
  template <class T>
  void get(std::vector<T>& list) {
    list.resize(length());
    for (T& item : list) get(item);
  }

 private:
  std::size_t length() {
    std::size_t count = 0;
    get(count);
    if (count > rest_.size()) throw SimulationFailed("a simulating process sent a truncated answer");
    return count;
  }
  std::string_view pull(std::size_t count) {
    if (count > rest_.size()) throw SimulationFailed("a simulating process sent a truncated answer");
    const std::string_view piece = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return piece;
  }

  std::string_view rest_;
};

std::string encode(const Played& played);
Played decode_played(std::string_view bytes);
std::string encode(const Prediction& prediction);
Prediction decode_prediction(std::string_view bytes);

}  // namespace forerun::sim
