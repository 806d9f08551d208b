// A tar archive (POSIX.1-2001 pax, which is plain ustar wherever that suffices) whose length is
// known before its first byte: members are a header, the file's bytes and their padding.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace soda::pack {

// What stands in front of a member of `size` bytes: whole blocks of 512. `name` is ASCII.
std::string tar_header(const std::string& name, std::int64_t size, std::time_t modified);
// Zeros, to whole blocks, behind `size` bytes of a member.
std::string_view tar_padding(std::int64_t size);
// Behind the last member: two blocks of zeros.
std::string_view tar_end();

}  // namespace soda::pack
