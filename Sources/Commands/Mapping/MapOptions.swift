import ArgumentParser

/// Which block map a run is to go by.
enum MapChoice: Hashable {
  /// The one beside the image, if there is one.
  case automatic
  /// None: all of the image matters.
  case all
  /// This file.
  case file(String)
  /// The holes of the image's own file.
  case sparse
}

/// The options that say which parts of an image matter.
struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The block map of the image; without it one beside the image is used, such as image.bmap for image.xz.",
      valueName: "file"))
  var bmap: String?

  @Flag(help: "Use no block map, not even one beside the image.")
  var noBmap = false

  @Flag(help: "Leave out the holes of a sparse image file, which is not as safe as a block map.")
  var sparse = false

  func validate() throws {
    guard [bmap != nil, noBmap, sparse].count(where: \.self) <= 1 else {
      throw ValidationError("of --bmap, --no-bmap and --sparse only one can be given")
    }
  }

  /// What they ask for.
  var choice: MapChoice {
    if let bmap { return .file(bmap) }
    return noBmap ? .all : sparse ? .sparse : .automatic
  }
}
