// The name that was meant. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace soda::tap {

// "; did you mean \"s_ra\"?" for the candidate with the fewest letters to change, ignoring case;
// nothing when none is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace soda::tap
