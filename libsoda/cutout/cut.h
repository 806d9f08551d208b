// Acting: a Plan becomes bytes. Only the disk and the client can fail here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cutout/plan.h"
#include "fits/file.h"
#include "fits/section.h"
#include "http/response.h"
#include "site/config.h"

namespace soda::cutout {

// What a process keeps open between cuts. One thread.
struct Tools {
  // Plain images go out straight from mapped files; `reading` is for bytes that this process must
  // look at itself (masks, padding, checksums), where a file cut short under us must be a failure
  // and not a signal.
  fits::FileCache sending;
  fits::FileCache reading;
  fits::TileReader tiles;
};

// As the settings say.
Tools make_tools(const site::Config& config);

// Where a file of the archive is. Throws Failure(unavailable) when its data root is not configured.
std::string path_of(const site::Config& config, const store::FileRecord& file);

// Opens the file (Failure before the first byte: it vanished, it is not the one that was ingested),
// and gives the answer as a body that can be written from any byte on. `path` is the file's
// absolute path. `tools` must outlive the body.
std::unique_ptr<http::Body> make_body(Plan plan, const std::string& path, Tools& tools);

}  // namespace soda::cutout
