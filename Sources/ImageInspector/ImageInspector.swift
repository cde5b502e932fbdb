public import BlockIO
import DiskContainers
package import Unpacking

/// Looks at an image or a medium and says what it is and where it boots.
public enum ImageInspector {
  /// Inspects bytes.
  ///
  /// Nothing in the content makes it throw: damage and hostile structures become findings and a verdict.
  /// - Parameters:
  ///   - bytes: the image, or what it is packed in.
  ///   - member: the name of the member of an archive that is the image; nil where it is the only one.
  /// - Throws: ``InspectionError`` where the bytes cannot be had.
  public static func inspect(
    _ bytes: some RandomAccessBytes, member: String? = nil
  ) throws(InspectionError) -> ImageReport {
    try inspect(bytes, member: member, limits: .usual)
  }

  /// Inspects what has come so far of an image, whose length nobody knows before its end.
  ///
  /// What lies behind these bytes counts as unknown, and not as missing.
  public static func inspect(
    beginning: some RandomAccessBytes, member: String? = nil
  ) throws(InspectionError) -> ImageReport {
    let bytes = UnpackedBytes(beginning, isWhole: false)
    var report: ImageReport
    switch try packing(of: bytes) {
    case .container(let format)?:
      // The disk in it lies anywhere, so that its beginning is no beginning of the disk.
      var facts = BootFacts(byteCount: beginning.byteCount)
      facts.content = .container(format.name)
      report = self.report(on: facts)
    case let format?: report = try inspect(bytes, packedAs: format, member: member, .usual)
    case nil:
      var inspection = Inspection(bytes, seenByteCount: beginning.byteCount)
      try inspection.run()
      report = self.report(on: inspection.facts, bytes)
    }
    report.byteCount = beginning.byteCount
    report.seenByteCount = beginning.byteCount
    return report
  }

  /// The same with other limits for what is packed.
  package static func inspect(
    _ bytes: some RandomAccessBytes, member: String? = nil, limits: UnpackingLimits
  ) throws(InspectionError) -> ImageReport {
    if try isCueSheet(bytes) { return try inspect(cueSheet: bytes) }
    if let format = try packing(of: bytes) {
      if case .container(let format) = format { return try inspect(bytes, heldBy: format) }
      return try inspect(bytes, packedAs: format, member: member, limits)
    }
    return report(on: try facts(of: bytes), bytes)
  }

  /// The report on facts, and where the bytes that they are about change when they are mounted.
  static func report(on facts: BootFacts, _ bytes: some RandomAccessBytes) -> ImageReport {
    var report = report(on: facts)
    report.mountTraces = MountTraces(of: report, in: bytes)
    return report
  }

  /// The facts alone.
  package static func facts(of bytes: some RandomAccessBytes) throws(InspectionError) -> BootFacts {
    var inspection = Inspection(bytes)
    try inspection.run()
    return inspection.facts
  }
}

/// Why an inspection came to no end.
public enum InspectionError: Error, Hashable, Sendable {
  /// The kernel could not read at an offset, in bytes.
  case unreadable(SystemCallError, offset: UInt64)
}
