#include "uws/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/time.h"

namespace soda::uws {
namespace {

using std::chrono::milliseconds;

// One of the schema's root elements.
void start_root(xml::Writer& xml, std::string_view name) {
  xml.start(name)
      .attribute("xmlns:uws", "http://www.ivoa.net/xml/UWS/v1.0")
      .attribute("xmlns:xlink", "http://www.w3.org/1999/xlink")
      .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
}

void write_nillable(xml::Writer& xml, std::string_view name, std::string_view value) {
  xml.start(name);
  if (value.empty()) {
    xml.attribute("xsi:nil", "true");
  } else {
    xml.text(value);
  }
  xml.end();
}

void write_time(xml::Writer& xml, std::string_view name,
                const std::optional<store::Job::Time>& time) {
  write_nillable(xml, name, time ? utc_text(*time) : std::string());
}

void write_parameters(xml::Writer& xml, std::span<const ShownParameter> parameters) {
  for (const ShownParameter& parameter : parameters) {
    xml.start("uws:parameter").attribute("id", parameter.name);
    if (parameter.way == ShownParameter::Way::reference) xml.attribute("byReference", "true");
    xml.text(parameter.value).end();
  }
}

void write_result(xml::Writer& xml, const ShownResult& result) {
  xml.start("uws:result").attribute("id", result.name);
  xml.attribute("xlink:type", "simple").attribute("xlink:href", result.address);
  if (result.size) xml.attribute("size", std::to_string(*result.size));
  if (!result.media_type.empty()) xml.attribute("mime-type", result.media_type);
  xml.end();
}

void write_error(xml::Writer& xml, const store::Job& job) {
  if (job.error.empty()) return;
  xml.start("uws:errorSummary").attribute("type", job.transient ? "transient" : "fatal");
  xml.attribute("hasDetail", "true").element("uws:message", job.error).end();
}

void write_progress(xml::Writer& xml, const store::Job& job) {
  if (job.planned == 0) return;
  xml.start("uws:jobInfo").start("soda:progress").attribute("xmlns:soda", progress_namespace);
  xml.element("soda:items", std::to_string(job.planned));
  xml.element("soda:done", std::to_string(job.done));
  xml.element("soda:empty", std::to_string(job.empty));
  xml.element("soda:failed", std::to_string(job.failed));
  xml.element("soda:bytes", std::to_string(job.bytes));
  xml.end().end();
}

}  // namespace

std::string utc_text(store::Job::Time time) {
  const auto count = std::chrono::floor<milliseconds>(time.time_since_epoch()).count() % 1000;
  std::string text = iso8601_utc(time);
  text.insert(text.size() - 1, fmt::format(".{:03}", count));
  return text;
}

std::optional<store::Job::Time> utc_from_text(std::string_view text) {
  constexpr double epoch = 40587, latest = 139'200;  // 1970-01-01 and 2240 as MJD
  const std::optional<double> mjd = mjd_from_iso8601(text);
  if (!mjd || *mjd < epoch) return std::nullopt;
  return store::Job::Time(
      milliseconds(std::llround((std::min(*mjd, latest) - epoch) * 86'400'000)));
}

void write_each(const ShownResults& results, xml::Writer& xml, const Emit& emit,
                const std::function<void(const ShownResult&)>& write) {
  constexpr int at_a_time = 200;  // some 40 KB
  int count = 0;
  results([&](const ShownResult& result) {
    write(result);
    if (++count % at_a_time == 0) emit(xml.drain());
  });
}

void write_job(const ShownJob& shown, const Emit& emit) {
  const store::Job& job = shown.job;
  xml::Writer xml;
  start_root(xml, "uws:job");
  xml.attribute("version", "1.1").element("uws:jobId", job.id);
  if (!job.run_id.empty()) xml.element("uws:runId", job.run_id);
  write_nillable(xml, "uws:ownerId", job.owner);
  xml.element("uws:phase", store::phase_word(job.phase));
  write_nillable(xml, "uws:quote", "");
  xml.element("uws:creationTime", utc_text(job.created));
  write_time(xml, "uws:startTime", job.started);
  write_time(xml, "uws:endTime", job.ended);
  xml.element("uws:executionDuration", std::to_string(job.execution_limit));
  write_time(xml, "uws:destruction", job.destruction);
  xml.start("uws:parameters");
  write_parameters(xml, shown.parameters);
  xml.end().start("uws:results");
  write_each(shown.results, xml, emit, [&](const ShownResult& each) { write_result(xml, each); });
  xml.end();
  write_error(xml, job);
  if (shown.progress == ShownJob::Progress::told) write_progress(xml, job);
  emit(xml.take());
}

std::string parameters_document(std::span<const ShownParameter> parameters) {
  xml::Writer xml;
  start_root(xml, "uws:parameters");
  write_parameters(xml, parameters);
  return xml.take();
}

void write_results(const ShownResults& results, const Emit& emit) {
  xml::Writer xml;
  start_root(xml, "uws:results");
  write_each(results, xml, emit, [&](const ShownResult& each) { write_result(xml, each); });
  emit(xml.take());
}

std::string jobs_document(std::string_view list, std::span<const store::Job> jobs) {
  xml::Writer xml;
  start_root(xml, "uws:jobs");
  xml.attribute("version", "1.1");
  for (const store::Job& job : jobs) {
    xml.start("uws:jobref").attribute("id", job.id).attribute("xlink:type", "simple");
    xml.attribute("xlink:href", fmt::format("{}/{}", list, job.id));
    xml.element("uws:phase", store::phase_word(job.phase));
    if (!job.run_id.empty()) xml.element("uws:runId", job.run_id);
    write_nillable(xml, "uws:ownerId", job.owner);
    xml.element("uws:creationTime", utc_text(job.created)).end();
  }
  return xml.take();
}

}  // namespace soda::uws
