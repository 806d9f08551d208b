// The pixels of one image on the pixels of a picture of another, through the sky: how bands of
// different pixel scale, place and angle come together in one picture.
#pragma once

#include <functional>
#include <vector>

#include "cutout/shown.h"
#include "image/plane.h"

namespace soda::cutout {

class Registration {
 public:
  // A picture of `width` by `height` pixels shows `picture`; `other` is the image to be moved.
  // REQUIRES: both on the sky. They must outlive this.
  Registration(const Shown& picture, int width, int height, const Shown& other);

  // Reads a part of the other image with at most that many pixels a side.
  using Read = std::function<image::Plane(const Shown& part, int size)>;
  // The plane in the picture's pixels: the value of the nearest pixel, NaN where the other image is
  // not. Only the part that the picture shows is read, as coarse as the picture is.
  image::Plane moved(const Read& read) const;

 private:
  using Pixel = wcs::Wcs::Pixel;
  struct Node {
    Pixel pixel;
    bool known = false;
  };

  std::vector<Node> nodes_of(const std::vector<Pixel>& places) const;
  const Node& node(int column, int row) const;
  std::vector<Node> cell(int column, int row) const;
  Pixel place(double x, double y) const;

  const Shown& picture_;
  const Shown& other_;
  int width_, height_;
  int columns_, rows_;  // of nodes
  std::vector<Node> nodes_;
};

}  // namespace soda::cutout
