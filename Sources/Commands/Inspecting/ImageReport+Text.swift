import DiskFormats
import ImageInspector
import ImageSource
import Terminal
import Unpacking

/// An inspection in words, for a person.
extension ImageReport {
  /// All of it.
  func lines(path: String, for capabilities: Capabilities) -> [SanitizedText] {
    let heading: SanitizedText = "\(path): \(kindText), \(lengthText)"
    var lines = [heading.styled(.bold, if: capabilities.hasColor)]
    let facts = unpackedFacts + volumeFacts + tableFacts + loaderFacts
    if !facts.isEmpty { lines += [""] + facts.flatMap { Self.entry($0.0, $0.1, for: capabilities) } }
    lines += ["", "On a stick"] + stickLines(for: capabilities)
    if elTorito != nil || rawKind == .iso9660 || rawKind == .udf {
      lines += ["On a disc"]
      lines += Self.answer("BIOS", boots.discBIOS, for: capabilities)
      lines += Self.answer("UEFI", boots.discUEFI, for: capabilities)
    }
    lines += ["", verdictText(path: path, for: capabilities)]
    if !findings.isEmpty {
      let isVolume = verdict == .refuse && UnpackingFault(self, path: path).isVolume
      lines += [""] + findings.flatMap { Self.finding($0, isVolume: isVolume, for: capabilities) }
    }
    return lines
  }

  /// The length in bytes; nil where only the end would tell.
  var knownByteCount: UInt64? { byteCount == seenByteCount ? nil : byteCount }

  private var lengthText: SanitizedText {
    let seen: SanitizedText =
      seenByteCount.map { "the first \(SanitizedText(size: $0)) were looked at" } ?? ""
    guard let count = knownByteCount else { return "of a length that only its end tells; \(seen)" }
    let length: SanitizedText = "\(SanitizedText(size: count)) (\(SanitizedText(exactBytes: count)))"
    return seen.isEmpty ? length : "\(length); \(seen)"
  }

  /// The answers for a stick; the prompt of `write` shows them too.
  func stickLines(for capabilities: Capabilities) -> [SanitizedText] {
    let architectures = boots.uefiArchitectures.map { SanitizedText(foreign: $0.rawValue) }
    return Self.answer("BIOS", boots.stickBIOS, for: capabilities)
      + Self.answer("UEFI", boots.stickUEFI, architectures, for: capabilities)
      + Self.answer("Secure Boot", boots.secureBoot, for: capabilities)
  }

  /// What the bytes are, in a few words.
  var kindText: SanitizedText {
    let detail = SanitizedText(foreign: content ?? compression ?? "")
    guard unpacked != nil else { return text(of: kind, detail) }
    let inside = text(of: rawKind, SanitizedText(foreign: content ?? ""))
    let outside = SanitizedText(foreign: compression ?? "")
    if kind == .container { return "a disk container (\(outside)); inside: \(inside)" }
    let isArchive = ArchiveFormat.allCases.contains { PackedFormat.archive($0).name == compression }
    return "\(outside)\(isArchive ? " archive" : "-compressed"); inside: \(inside)"
  }

  private func text(of kind: Kind, _ detail: SanitizedText) -> SanitizedText {
    switch kind {
    case .iso9660: return volume?.udf == nil ? "an ISO 9660 image" : "an ISO 9660 image with UDF"
    case .udf: return "a UDF image"
    case .disk: return "a disk image with a partition table"
    case .superfloppy:
      return detail.isEmpty
        ? "a file system without a partition table" : "a \(detail) file system without a partition table"
    case .compressed: return detail.isEmpty ? "compressed data" : "compressed data (\(detail))"
    case .container: return detail.isEmpty ? "a disk container" : "a disk container (\(detail))"
    case .unknown: return "nothing that is known to boot"
    }
  }
}

// MARK: - Facts

extension ImageReport {
  private var unpackedFacts: [(SanitizedText, SanitizedText)] {
    guard let unpacked, unpacked.seenByteCount > 0 else { return [] }
    let member = unpacked.member.map { [("member" as SanitizedText, SanitizedText(foreign: $0))] } ?? []
    return member + [("unpacked", unpackedText(unpacked))]
  }

  private func unpackedText(_ unpacked: Unpacked) -> SanitizedText {
    let seen = SanitizedText(size: unpacked.seenByteCount)
    if unpacked.byteCount == unpacked.seenByteCount {
      return "\(seen) (\(SanitizedText(exactBytes: unpacked.seenByteCount)))"
    }
    let length: SanitizedText =
      unpacked.byteCount.map { "\(SanitizedText(size: $0)) by its own account" } ?? "more than \(seen)"
    return "\(length); the first \(seen) were looked at"
  }

  private var volumeFacts: [(SanitizedText, SanitizedText)] {
    guard let volume else { return [] }
    var parts: [SanitizedText] = ["\"\(volume.identifier)\""]
    if let created = volume.created { parts.append("made \(created)") }
    if !volume.publisher.isEmpty { parts.append("by \(volume.publisher)") }
    var extensions: [SanitizedText] = []
    if volume.rockRidge { extensions.append("Rock Ridge") }
    if let level = volume.joliet { extensions.append("Joliet level \(level)") }
    if let revision = volume.udf { extensions.append("UDF \(revision)") }
    if !extensions.isEmpty { parts.append("with \(extensions.joined(separator: ", "))") }
    return [("volume", parts.joined(separator: ", "))]
  }

  private var tableFacts: [(SanitizedText, SanitizedText)] {
    var facts: [(SanitizedText, SanitizedText)] = []
    if let mbr {
      let partitions = Self.partitions(mbr.entries.count)
      let code: SanitizedText =
        mbr.loader.map { "boot code of \($0)" } ?? "no boot code"
      facts.append(("MBR", "\(code), \(partitions)"))
    }
    if let gpt {
      let state: SanitizedText =
        gpt.headerValid && gpt.entriesValid ? "checksums right" : "checksums wrong"
      facts.append(
        (
          "GPT",
          "\(Self.partitions(gpt.partitions.count)), \(state), backup \(gpt.backup.rawValue), made for blocks of \(gpt.sectorSize) bytes"
        ))
    }
    if let apm { facts.append(("Apple map", Self.partitions(apm.partitions.count))) }
    if let elTorito {
      let entries = elTorito.entries.map { entry -> SanitizedText in
        let mark: SanitizedText = entry.bootable ? "" : ", not bootable"
        return "\(entry.platform.rawValue) (emulation \(entry.emulation.rawValue)\(mark))"
      }
      let checksum: SanitizedText = elTorito.checksumValid != false ? "" : ", checksum wrong"
      let isSeen = elTorito.checksumValid != nil
      facts.append(("El Torito", isSeen ? entries.joined(separator: ", ") + checksum : "not looked at"))
    }
    return facts
  }

  private var loaderFacts: [(SanitizedText, SanitizedText)] {
    efi.map { loader in
      let architecture = SanitizedText(foreign: loader.architecture?.rawValue ?? "unknown machine")
      let signed: SanitizedText = loader.signed ? "signed" : "not signed"
      return ("EFI", "\(loader.path) in the \(text(of: loader.place)), \(architecture), \(signed)")
    }
  }

  private func text(of place: EFILoader.Place) -> SanitizedText {
    switch place {
    case .esp where hasESP: "EFI system partition"
    // A boot image of a disc, a partition of another type, or the medium itself.
    case .esp: "FAT file system"
    case .iso: "ISO 9660 tree"
    case .udf: "UDF tree"
    }
  }

  private var hasESP: Bool {
    mbr?.entries.contains { $0.type == 0xEF } == true
      || gpt?.partitions.contains { $0.typeGUID == GUID.efiSystem.description } == true
  }

  private static func partitions(_ number: Int) -> SanitizedText {
    SanitizedText(
      held: SanitizedText(counting: number, one: "\(number) partition", other: "\(number) partitions"))
  }
}

// MARK: - Layout

extension ImageReport {
  private static let labelWidth = 16

  private static func entry(
    _ label: SanitizedText, _ text: SanitizedText, for capabilities: Capabilities
  ) -> [SanitizedText] {
    text.folded(behind: "  \(label.padded(to: labelWidth))", for: capabilities)
  }

  private static func answer(
    _ label: SanitizedText, _ answer: BootVerdicts.Answer, _ architectures: [SanitizedText] = [],
    for capabilities: Capabilities
  ) -> [SanitizedText] {
    let (word, style): (SanitizedText, Style) =
      switch answer.value {
      case .yes: ("yes", .green)
      case .no: ("no", .red)
      case .unknown: ("perhaps", .yellow)
      }
    let range: SanitizedText =
      architectures.isEmpty ? "" : " (\(architectures.joined(separator: ", ")))"
    let shown = word.styled(style, if: capabilities.hasColor)
    return entry(label, "\(shown)\(range): \(SanitizedText(sentence: answer.evidence))", for: capabilities)
  }

  /// - Parameter isVolume: whether the file is called as one of several volumes is, which ends in the middle.
  private static func finding(
    _ finding: Finding, isVolume: Bool, for capabilities: Capabilities
  ) -> [SanitizedText] {
    let (word, style): (SanitizedText, Style) =
      switch finding.severity {
      case .note: ("note", .plain)
      case .warning: ("warning", .yellow)
      case .error: ("error", .red)
      }
    let place: SanitizedText = finding.offset.map { " (at byte \($0))" } ?? ""
    let sentence: SanitizedText =
      isVolume && finding.id == FindingID.packedTruncated.rawValue
      ? "Its name is that of one of several volumes, and the others are not looked at."
      : SanitizedText(sentence: finding.text)
    let text: SanitizedText = "\(sentence)\(place) [\(finding.id)]"
    return text.folded(behind: word.padded(to: 9).styled(style, if: capabilities.hasColor), for: capabilities)
  }

  private func verdictText(path: String, for capabilities: Capabilities) -> SanitizedText {
    // As it is given on a command line.
    let path = path == ImageLocation.standardInput.name ? "-" : path
    return switch verdict {
    case .raw where Unsuitability.lacksFooter(self, path),
      .fileCopy where Unsuitability.lacksFooter(self, path),
      .notBootable where Unsuitability.lacksFooter(self, path):
      "It has lost its end, or is no VHD in spite of its name: do not write it."
    case .notBootable where kind == .unknown && NamedFormat.text(of: path) != nil:
      "It is nothing that is known, in spite of its name: do not write it."
    case .raw where boots.stickBIOS.value == .yes || boots.stickUEFI.value == .yes:
      "It boots when its bytes are written to a stick: `burin write \(path) TARGET`."
    case .raw: "It may boot when its bytes are written to a stick: `burin write \(path) TARGET`."
    case .fileCopy:
      "It does not boot when its bytes are written to a stick: its files have to be copied onto one."
    case .decompress where unpacked == nil: "Decompress or unpack it first."
    case .decompress where boots.stickBIOS.value == .yes || boots.stickUEFI.value == .yes:
      "It boots when what is inside is written to a stick: `burin write \(path) TARGET` unpacks it while writing."
    case .decompress:
      "It may boot when what is inside is written to a stick: `burin write \(path) TARGET` unpacks it while writing."
    case .convert: "Convert it to a raw image first."
    case .notBootable: "Nothing in it boots from a stick."
    case .refuse where unpacked?.seenByteCount == 0: UnpackingFault(self, path: path).verdict
    case .refuse where isNoImage:
      "It is no image of a medium: do not write it."
    case .refuse: "It is damaged: do not write it."
    }
  }
}
