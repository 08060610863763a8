// libvips' life in a process: start, the allowed loaders, log lines, a thread's end. Knows no
// images. Starts in workers and in the short-lived configuration check, never in the master.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transform/transform.hpp"

namespace private_image {

// Starts libvips with one thread per render and no operation cache, blocks untrusted operations but
// for the loaders of `allowed`, and hands GLib and libvips warnings to `logLine` (called from
// render threads; must be thread safe) instead of stderr. False, with a text in `problem`, if
// libvips does not start.
bool startVips(std::span<const SourceType> allowed, std::function<void(std::string_view)> logLine,
               std::string& problem);

// Ends what libvips keeps for the calling render thread, clears its error buffer and gives back
// memory where much of it is free. Once per job.
void endVipsJob();

// True if the installed libvips writes the format, or decodes the type. Tried on a tiny image where
// a codec may be missing: every format, and AVIF and HEIC as types.
bool canWrite(Format format);
bool canRead(SourceType type);

// Empty if `bytes` decode as an image fit for a watermark (still, at most 16 megapixels), else why
// not.
std::string watermarkMistake(std::string_view bytes);

}  // namespace private_image
