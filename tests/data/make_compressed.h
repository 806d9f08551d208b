// Tile-compressed files of the tests, and checksums, by CFITSIO: the independent writer.
#pragma once

#include <filesystem>

namespace synthetic {

// rice_*.fits, gzip_*.fits, hcompress_*.fits, plio_*.fits, and damaged/*_tile_*.fits.
void make_compressed(const std::filesystem::path& folder);

// Writes CHECKSUM and DATASUM into every HDU of a file.
void sign_file(const std::filesystem::path& path);

}  // namespace synthetic
