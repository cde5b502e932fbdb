import BlockIO
import DiskFormats

/// Gathers what a write would destroy from a disk whose table and signatures are known.
struct EvidenceScan {
  let bytes: any RandomAccessBytes
  /// Of partitions beyond this number only type and signature are judged; no honest disk has so many.
  private static let partitionLimit = 32

  /// Fills in the evidence of the whole disk and of each partition.
  /// - Parameters:
  ///   - isWholeAmbivalent: whether signatures of the disk itself contradict each other.
  ///   - ambivalent: the places in the list of the partitions of which that is true.
  ///   - unread: the places in the list of those whose signature is not known, whatever their bytes look like.
  func fill(
    _ contents: inout Contents, isWholeAmbivalent: Bool, ambivalent: Set<Int>, unread: Set<Int> = []
  ) {
    contents.evidence = isWholeAmbivalent ? ContentEvidence(.ambivalent) : whole(contents)
    // A hybrid image is one thing, whatever its tables call the parts of it.
    let isImage = contents.fileSystem == "iso9660"
    for index in contents.partitions.indices {
      let partition = contents.partitions[index]
      // 0 would mean the rest of the disk; an extended partition holds only other partitions.
      guard partition.byteCount > 1024 else { continue }
      var evidence =
        index < Self.partitionLimit || ambivalent.contains(index)
        ? evidence(of: partition, isAmbivalent: ambivalent.contains(index))
        : Self.namedEvidence(of: partition)
      if unread.contains(index) { evidence.state = .unreadable }
      if isImage { evidence.marks.removeAll { $0.isSystem || $0 == .looksEncrypted } }
      contents.partitions[index].evidence = evidence
    }
    settle(&contents, isImage: isImage)
  }

  /// What is known of the disk apart from its partitions.
  private func whole(_ contents: Contents) -> ContentEvidence? {
    if let fileSystem = contents.fileSystem { return evidence(ofFileSystem: fileSystem, in: bytes) }
    guard contents.partitions.isEmpty else { return nil }
    return ByteSample.evidence(of: bytes)
  }

  private func evidence(of partition: Contents.Partition, isAmbivalent: Bool) -> ContentEvidence {
    let range = SubrangeBytes(bytes, start: partition.start, byteCount: partition.byteCount)
    var marks = TableMarks.marks(ofType: partition.type, fileSystem: partition.fileSystem)
    if isAmbivalent { return ContentEvidence(.ambivalent, marks: marks.inOrder) }
    // Beyond the end of a disk that is shorter than its table says.
    guard range.byteCount > 0 else { return ContentEvidence(.unknown) }
    guard let fileSystem = partition.fileSystem else {
      var evidence = ByteSample.evidence(of: range)
      // Nothing is installed in a partition that nobody has written to.
      if evidence.state != .blank { evidence.marks = marks.union(evidence.marks).inOrder }
      return evidence
    }
    var evidence = evidence(ofFileSystem: fileSystem, in: range)
    marks.formUnion(evidence.marks)
    evidence.marks = marks.inOrder
    return evidence
  }

  /// What type and signature of a partition say, without a look at its bytes.
  private static func namedEvidence(of partition: Contents.Partition) -> ContentEvidence {
    let type = TableMarks.marks(ofType: partition.type, fileSystem: partition.fileSystem)
    guard let fileSystem = partition.fileSystem else { return ContentEvidence(.unknown, marks: type.inOrder) }
    return ContentEvidence(.data, marks: type.union(TableMarks.marks(ofSignature: fileSystem)).inOrder)
  }

  private func evidence(ofFileSystem fileSystem: String, in bytes: any RandomAccessBytes) -> ContentEvidence {
    let survey = VolumeSurvey(fileSystem, in: bytes)
    var marks = TableMarks.marks(ofSignature: fileSystem).union(survey.marks)
    if fileSystem == "iso9660" {
      marks = marks.filter { !$0.isSystem }
      marks.insert(.installer)
    }
    return ContentEvidence(.data, usedBytes: survey.usedBytes, newest: survey.newest, marks: marks.inOrder)
  }

  /// Takes back what the rest of the disk explains: a card of a single-board computer holds a Linux that came
  /// as an image, and a stick with Ventoy or a live system holds installers.
  private func settle(_ contents: inout Contents, isImage: Bool) {
    let isAppliance = contents.isMarked(.appliance)
    let isVentoy = contents.partitions.contains { $0.label == "VTOYEFI" }
    for index in contents.partitions.indices {
      if isAppliance { contents.partitions[index].evidence?.marks.removeAll { $0 == .linux } }
      if isVentoy, index == 0, contents.partitions[index].evidence?.marks.contains(.installer) == false {
        contents.partitions[index].evidence?.marks.append(.installer)
      }
    }
  }
}

extension Set<ContentEvidence.Mark> {
  /// The marks in the order in which they are declared.
  fileprivate var inOrder: [ContentEvidence.Mark] { ContentEvidence.Mark.allCases.filter(contains) }
}
