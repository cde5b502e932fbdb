import BlockIO
import DiskFormats

/// Reads a program in `EFI/BOOT`.
enum LoaderReader {
  /// The architecture that a file name promises (UEFI 2.10 section 3.5.1.1); nil for any other file.
  static func promise(of name: String) -> ImageReport.Architecture?? {
    let upper = name.uppercased()
    guard upper.hasPrefix("BOOT"), upper.hasSuffix(".EFI"), upper.utf8.count > 8 else { return nil }
    let suffix = upper.dropFirst(4).dropLast(4)
    let known = ImageReport.Architecture.allCases.first { $0.rawValue.uppercased() == suffix }
    if known == nil, !["IA64", "RISCV32", "RISCV128", "LOONGARCH32", "EBC"].contains(suffix) { return nil }
    return .some(known)
  }

  /// The facts of a file that has such a name.
  static func facts(
    _ file: some RandomAccessBytes, path: String, place: ImageReport.EFILoader.Place,
    promised: ImageReport.Architecture?, offset: UInt64?
  ) throws(FormatError) -> LoaderFacts {
    var facts = LoaderFacts(
      path: path, place: place, promised: promised, architecture: nil, machine: nil,
      byteCount: file.byteCount, offset: offset)
    guard case .portableExecutable(let program) = try EFIBinary(parsing: file) else { return facts }
    facts.machine = program.machine.rawValue
    facts.subsystem = program.subsystem
    facts.isSigned = program.isSigned
    facts.isWhole = !program.isTruncated
    facts.hasDamagedHeader = program.hasDamagedHeader
    facts.isRelocatable = program.isRelocatable
    facts.architecture = program.machine.bootFileSuffix.flatMap { suffix in
      ImageReport.Architecture.allCases.first { $0.rawValue.uppercased() == suffix }
    }
    return facts
  }
}
