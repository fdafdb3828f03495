#include "io/json.hpp"

namespace forerun {
namespace {

// Names may come from files in any encoding; what is not UTF-8 is replaced rather than refused at the end of the work.
std::string dump(const Json& document, int indent) { return document.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string json_text(const Json& document) { return dump(document, 2); }

std::string json_line(const Json& document) { return dump(document, -1); }

}  // namespace forerun
