#pragma once

#include <string_view>

namespace forerun {

/// How many elements of an XML text lie within one another where they do so most deeply; 0 without any. Comments, CDATA, declarations and
/// quoted values hold none. Not a check of the text: an element that is not closed counts as open to the end, an end without a
/// beginning for nothing.
int xml_depth(std::string_view text);

}  // namespace forerun
