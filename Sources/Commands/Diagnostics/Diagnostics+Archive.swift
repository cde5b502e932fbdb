import ImageSource
import Terminal
import Unpacking

extension Diagnostic {
  /// Words for an archive in which no member is the image.
  init(_ error: ArchiveError, image: String) {
    switch error {
    case .noImage:
      self.init(
        .archiveEmpty, .imageRefused, "\(image) holds no image",
        because: ["it is an archive, and no file in it has any content"], toFix: "download it again")
    case .severalImages(let listing):
      let advice: SanitizedText =
        if let name = listing.distinctName {
          "say which one, such as with --member=\(Self.quoted(name))"
        } else {
          "unpack it with its own tool, then write the one that is the image: they have the same name"
        }
      self.init(
        .archiveAmbiguous, .imageRefused, "several files in \(image) could be the image",
        because: Self.lines(listing),
        toFix: advice)
    case .noSuchMember(let listing):
      self.init(
        .memberNotFound, .imageRefused, "no file in \(image) has that name",
        because: listing.members.isEmpty ? ["there is no file in it"] : Self.lines(listing),
        toFix: "give the whole name as it is listed, or none where there is one image")
    case .noArchive:
      self.init(
        .memberNotFound, .imageRefused, "\(image) has no members",
        because: ["it is no zip, tar or 7z archive by its content"], toFix: "leave --member out")
    case .encrypted:
      self.init(
        .archiveEncrypted, .imageRefused, "\(image) is encrypted",
        because: ["a password is needed for what is in it"],
        toFix: "unpack it with its own tool, then write what comes out")
    case .notSeekable(let format):
      self.init(
        .archiveNested, .imageRefused, "\(image) cannot be unpacked as it comes",
        because: [
          "the directory of a \(PackedFormat.archive(format).text) archive is at its end, and only a file can be read from there"
        ],
        toFix: "download it, or unpack what is around it, then write the archive itself")
    }
  }

  private static func lines(_ listing: MemberListing) -> [SanitizedText] {
    let lines: [SanitizedText] = listing.members.map {
      "there is \(SanitizedText(foreign: $0.name)), \(SanitizedText(exactBytes: $0.byteCount))"
    }
    let more = listing.count - UInt64(listing.members.count)
    return more == 0 ? lines : lines + ["there are \(more) more"]
  }

  /// A name as a shell takes it; one with quotes in it is left to people.
  private static func quoted(_ name: String) -> SanitizedText {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x2B...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x5F
    }
    if isPlain { return SanitizedText(foreign: name) }
    return name.contains("'") ? "NAME" : "'\(SanitizedText(foreign: name))'"
  }
}
