// Starts and ends libvips in a process: allowed loaders, log lines, the end of a job. Used in
// workers and in the short-lived configuration check, never in the master.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// Starts libvips with one thread per render and no operation cache, blocks untrusted operations
// except the loaders of `allowed`, and passes GLib and libvips warnings to `logLine` (called from
// render threads; must be thread safe) instead of stderr. Returns false, with a text in `problem`,
// if libvips does not start.
bool startVips(std::span<const SourceType> allowed, std::function<void(std::string_view)> logLine,
               std::string& problem);

// Frees what libvips keeps for the calling render thread, clears its error buffer, and returns
// memory to the system if much of it is free. Call it once per job.
void endVipsJob();

// True if the installed libvips writes the format, or decodes the type. Tried on a tiny image if a
// codec may be missing: every format, and AVIF and HEIC as types.
bool canWrite(Format format);
bool canRead(SourceType type);

// Empty if `bytes` decode as an image suitable for a watermark (still, at most 16 megapixels), else
// why not.
std::string checkWatermark(std::string_view bytes);

}  // namespace private_image
