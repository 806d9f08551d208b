// The FITS checksum convention (FITS 4.0 section 4.4.2.7 and appendix J): DATASUM and the
// 16-character CHECKSUM.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "fits/header.h"

namespace soda::fits {

// Ones'-complement sum of big-endian 32-bit words; `bytes` a multiple of 4 (FITS data are padded to
// 2880). Chain by passing the previous sum.
std::uint32_t checksum(std::span<const char> bytes, std::uint32_t sum = 0) noexcept;

// Sets the values of the DATASUM and CHECKSUM cards that are present, for these padded data. The
// header keeps its length.
void sign(Header& header, std::uint32_t data_sum);

}  // namespace soda::fits
