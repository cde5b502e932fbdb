import Decompression
import Unpacking

/// What is odd about how an image is packed.
enum PackedFindings {
  /// What it unpacks to would have to be unpacked as well.
  static func inside(_ name: String) -> ImageReport.Finding {
    .init(
      .packedInside,
      "What is inside is packed once more (\(name)) and would not boot from a stick. "
        + "Unpack the file and write what is inside that.",
      at: 0)
  }

  /// It is an archive, and no member of it is the image.
  static func noMember(_ error: ArchiveError) -> ImageReport.Finding {
    switch error {
    case .noImage: .init(.archiveEmpty, "There is no file in the archive that could be an image.")
    case .severalImages(let listing) where listing.distinctName == nil:
      .init(
        .archiveAmbiguous,
        "Several files in the archive have the same name: \(names(listing)). Unpack it first and write the image."
      )
    case .severalImages(let listing):
      .init(
        .archiveAmbiguous,
        "Several files in the archive could be the image. Name one with --member: \(names(listing)).")
    case .noSuchMember(let listing):
      .init(
        .memberNotFound,
        "There is no file of that name in the archive. There are: \(names(listing)).")
    case .encrypted:
      .init(
        .archiveEncrypted, "What is in the archive is encrypted. Unpack it first and write what comes out.")
    case .notSeekable:
      .init(
        .archiveNested,
        "Inside is an archive with its directory at its end. Unpack the file and write the archive in it.")
    case .noArchive: .init(.memberNotFound, "It is no archive, and has no members.")
    }
  }

  private static func names(_ listing: MemberListing) -> String {
    let names = listing.members.map(\.name).joined(separator: ", ")
    let more = listing.count - UInt64(listing.members.count)
    return listing.members.isEmpty ? "none" : more == 0 ? names : "\(names), and \(more) more"
  }

  /// It cannot be unpacked; the place is in the file, or in what comes out of the outer layers.
  static func damaged(_ error: DecodingError, layer: Int = 0) -> ImageReport.Finding {
    var finding = damaged(error)
    if layer > 0 {
      finding.offset = nil
      finding.text = "What is inside is packed itself. " + finding.text
    }
    return finding
  }

  private static func damaged(_ error: DecodingError) -> ImageReport.Finding {
    switch error {
    case .corrupt(let offset):
      finding("The compressed data is damaged. Get the file again.", at: offset)
    case .checksumWrong(let offset):
      finding("The compressed data is damaged: a checksum in it is wrong. Get the file again.", at: offset)
    case .truncated(let offset):
      .init(
        .packedTruncated, "The compressed file is cut off: it ends in the middle. Get it again.", at: offset)
    case .trailingGarbage(let offset):
      .init(
        .packedTrailing,
        "Behind the compressed data stands something that is not part of it. Get the file again.", at: offset)
    case .memoryLimit(let needed?, let allowed):
      .init(
        .packedTooDemanding,
        "Unpacking it takes \(needed) bytes of memory, and no more than \(allowed) bytes are allowed. "
          + "Unpack it first and write what comes out.")
    case .memoryLimit(nil, let allowed):
      .init(
        .packedTooDemanding,
        "Unpacking it takes more memory, and no more than \(allowed) bytes are allowed. "
          + "Unpack it first and write what comes out.")
    case .windowTooLarge(let needed, let allowed):
      .init(
        .packedTooDemanding,
        "Unpacking it takes a window of \(needed) bytes, and no more than \(allowed) are allowed. "
          + "Unpack it first and write what comes out.")
    case .unsupported(let feature, let offset):
      .init(
        .packedUnsupported,
        "It is packed with \(words(feature)). Unpack it first and write what comes out.", at: offset)
    case .empty: .init(.empty, "It unpacks to nothing: there is no image inside. Get the file again.")
    case .outOfMemory:
      .init(
        .packedTooDemanding,
        "There was too little memory to unpack it. Close something else and try again.")
    }
  }

  private static func finding(_ text: String, at offset: UInt64? = nil) -> ImageReport.Finding {
    .init(.packedDamaged, text, at: offset)
  }

  private static func words(_ feature: UnsupportedFeature) -> String {
    switch feature {
    case .dictionary: "a dictionary that is kept elsewhere"
    case .method: "a method that is not known"
    case .check: "a checksum that is not known"
    case .options: "options that are not known"
    case .volumes: "further volumes, which are other files"
    }
  }
}
