// libvips' plugins: codecs, each in a library of its own.
#pragma once

namespace private_image {

// Starts libvips as vips_init() does, but loads only the plugins of types that a gate may read or
// write: those for PDF and for slides of microscopes, and ImageMagick's, would take 20 ms and
// several megabytes of each process, and would be code beside a stranger's bytes. Where the
// environment has VIPSHOME, libvips itself chooses. Call it before there are other threads. False
// if libvips does not start.
bool initVips();

}  // namespace private_image
