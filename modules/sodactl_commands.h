// What sodactl does, one function a command. Each returns the exit status; Failures pass through to
// main.
#pragma once

#include <string>
#include <vector>

#include "site/config.h"

namespace sodactl {

enum class Format { text, json };

int ingest(const soda::site::Config& config, const std::string& collection,
           const std::vector<std::string>& paths);
int check(const soda::site::Config& config);
// Empty collection: all.
int list(const soda::site::Config& config, const std::string& collection, Format format);
int show(const soda::site::Config& config, const std::string& id);

}  // namespace sodactl
