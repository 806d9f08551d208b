// What a kind of job means: handed to the engine of jobs (uws/engine.h), which knows of leases,
// crashes and limits and nothing of cutouts.
//
// plan, run and pack are called in child processes of the worker. They may crash or be killed at
// any point (an abort kills); then they are called again, in another child, with the same job and
// item. They write only to what they are given: results of items to a sink, behind others in one
// file (what came of an item that was not finished is forgotten); a package to a path, a temporary
// file that does not exist yet and which the engine renames when the function has returned. What
// the disk says to writing is thrown as std::system_error with its errno: a full disk (ENOSPC,
// EDQUOT, EFBIG) is waited for and tried again by the engine, as is Failure(unavailable); any other
// exception is final.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dali/service.h"
#include "http/response.h"
#include "store/jobs.h"

namespace soda::dali {

struct Plan {
  // In order of work (those of one group are worked off together), numbered from 1 in the order of
  // results; number, name, label, work and group filled. Names are path segments: letters, digits
  // and "-_." only, not beginning with a full stop.
  std::vector<store::Item> items;
  std::string package;  // name of the one result that holds all; empty: each item its own
};

// An item that is finished, and the file that has its result, item.size bytes from item.start on:
// empty when it failed.
struct Made {
  store::Item item;
  std::string path;
};

class Work {
 public:
  virtual ~Work() = default;

  // In the responder, when a client creates, changes or starts a job: throws Failure for what is
  // wrong with the parameters themselves, without looking at the archive.
  virtual void check(const Context& context, const store::Job& job) = 0;
  // Parameters -> items. A Failure ends the job in ERROR with its sentence.
  virtual Plan plan(const Context& context, const store::Job& job) = 0;
  // Does one item and writes its result to `result`; returns the item with state (done; empty with
  // reason, and a result that says so; failed with reason, and no result) and media_type. Place,
  // size and time are the engine's to fill in. A Failure is the item's, not the job's.
  virtual store::Item run(const Context& context, const store::Job& job, const store::Item& item,
                          http::Sink& result) = 0;
  // When the plan named a package: all items in the order of results, into one file at `path`;
  // returns its media type. A Failure ends the job in ERROR.
  virtual std::string pack(const Context& context, const store::Job& job,
                           std::span<const Made> made, const std::string& path) = 0;
};

}  // namespace soda::dali
