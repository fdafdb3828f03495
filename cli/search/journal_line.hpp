#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/json.hpp"

namespace forerun {

/// An object of a journal's line, read key by key. What is missing, of another kind or out of range is BadInput with file and line.
class JournalLine {
 public:
  /// BadInput where the text is no JSON object.
  JournalLine(const std::string& text, std::string file, int line);

  [[nodiscard]] bool has(const char* key) const;  ///< and it is not null
  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] std::string text_or_empty(const char* key) const;
  [[nodiscard]] double number(const char* key, double least, double most) const;
  [[nodiscard]] std::optional<double> optional_number(const char* key, double least, double most) const;
  [[nodiscard]] std::uint64_t count(const char* key) const;
  [[nodiscard]] std::vector<std::string> texts(const char* key) const;
  [[nodiscard]] std::vector<double> numbers(const char* key) const;
  [[nodiscard]] JournalLine object(const char* key) const;
  [[nodiscard]] std::vector<JournalLine> objects(const char* key) const;
  /// The texts of an object's keys, in order.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> text_by_key(const char* key) const;

  /// BadInput of a key, or of the whole line.
  [[noreturn]] void refuse(const std::string& key, const std::string& what) const;

 private:
  JournalLine(Json value, std::string file, int line);
  [[nodiscard]] const Json& at(const char* key) const;
  [[nodiscard]] const Json& list(const char* key) const;

  Json value_;
  std::string file_;
  int line_;
};

}  // namespace forerun
