/// What the bytes are as a whole, where that already says what to do.
enum ContentFindings {
  static func findings(_ facts: BootFacts) -> [ImageReport.Finding] {
    content(facts) + obstacles(facts) + truncation(facts) + sight(facts)
  }

  private static func sight(_ facts: BootFacts) -> [ImageReport.Finding] {
    guard let seen = facts.seenByteCount else { return [] }
    return [
      .init(
        .partlySeen,
        "Only the first \(facts.beginning) of the image inside were looked at; what lies behind is not known.",
        at: seen)
    ]
  }

  private static func content(_ facts: BootFacts) -> [ImageReport.Finding] {
    switch facts.content {
    case .empty:
      [.init(.empty, "The file is empty. Get the image again.")]
    case .tooShort:
      [
        .init(
          .tooShort, "It has only \(facts.byteCount) bytes, less than one sector. Get the image again.")
      ]
    case .zeroes:
      [.init(.allZeroes, "It holds nothing but zeroes. Get the image again.", at: 0)]
    case .compressed("zip-part"):
      [
        .init(
          .packedUnsupported,
          "This is the first of several parts of a zip archive (.z01, .z02 and so on to .zip), and no whole one. "
            + "Join them first, such as with `zip -s 0 NAME.zip --out WHOLE.zip` where all of them are, and write "
            + "that.",
          at: 0)
      ]
    case .compressed(let name):
      [
        .init(
          .compressed,
          "This is a \(name) file, not yet an image: what is inside is to be written, not the file.",
          at: 0)
      ]
    case .container("wim"):
      [
        .init(
          .container,
          "This is a Windows image (WIM), one file of a set-up medium and no medium itself. Get the ISO.",
          at: 0)
      ]
    case .container(let name):
      [
        .init(
          .container,
          "This is a disk container (\(name)): its bytes are not those of the disk. "
            + "To write it, \(ContainerAdvice.advice(name)).")
      ]
    case .document(let name):
      [
        .init(
          .notAnImage,
          "This is no image of a medium, but \(words[name] ?? "a file of another kind (\(name))"). "
            + (advice[name] ?? "Check where it came from."), at: 0)
      ]
    case .fileSystem, .unknown: []
    }
  }

  /// Names for what gets downloaded by mistake.
  private static let words = [
    "pe": "a Windows or EFI program", "elf": "a Linux program", "html": "a web page", "text": "text",
    "xml": "an XML text", "pdf": "a PDF document", "torrent": "a torrent file", "png": "a picture",
    "jpeg": "a picture", "pgp-signature": "a signature of an image",
    "linux-kernel": "a Linux kernel or a program in the form of one, such as memdisk or iPXE",
    "cpio": "a cpio archive, as the first file system of a Linux kernel (initrd) is one",
    "self-extracting": "a program (.exe) that unpacks an archive in it",
  ]

  /// What to do where there is more to say than to check where it came from.
  private static let advice = [
    "linux-kernel": "A boot loader starts it: write an image that has both, such as an ISO.",
    "cpio":
      "A boot loader loads that together with a kernel: write an image that has all of them, such as an ISO.",
    "self-extracting": "Unpack it first, such as with `7z x FILE`, and write the image that comes out.",
  ]

  private static func obstacles(_ facts: BootFacts) -> [ImageReport.Finding] {
    facts.obstacles.map { obstacle in
      switch obstacle {
      case .budgetExhausted:
        .init(
          .tooComplex,
          "Its structures ask for more reading than those of any honest image: damaged, or made to do harm."
        )
      case .shrunk(let available): shrunk(to: available)
      }
    }
  }

  /// Somebody has made the file shorter meanwhile; its length now, in bytes.
  static func shrunk(to available: UInt64) -> ImageReport.Finding {
    .init(
      .shrunk, "The file became shorter while it was read. Wait until it is complete and try again.",
      at: available)
  }

  private static func truncation(_ facts: BootFacts) -> [ImageReport.Finding] {
    let missing = TruncationRule.missing(facts)
    if missing > 0 {
      return [
        .init(
          .truncated,
          "The image is truncated by \(missing) bytes: it has \(facts.byteCount), and its own structures "
            + "ask for \(TruncationRule.expectedEnd(facts)). Get it again.",
          at: facts.byteCount)
      ]
    }
    guard facts.content.mayBeMedium, let optical = facts.optical, TruncationRule.lacksPadding(facts) else {
      return []
    }
    return [
      .init(
        .paddingMissing,
        "The last \(optical.isoEnd - facts.byteCount) bytes, which no file uses, are missing, as with some tools.",
        at: facts.byteCount)
    ]
  }
}
