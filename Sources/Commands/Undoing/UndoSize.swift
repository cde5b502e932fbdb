import ArgumentParser
import UndoStore

/// The value of `--undo`: a number of bytes, or of KiB, MiB or GiB with the letter K, M or G.
struct UndoSize: ExpressibleByArgument, Hashable {
  /// The size in bytes.
  let byteCount: UInt64

  init?(argument: String) {
    var digits = argument[...]
    var factor: UInt64 = 1
    if let unit = ["K", "M", "G"].firstIndex(of: argument.suffix(1).uppercased()) {
      digits = digits.dropLast()
      factor = 1 << (10 * UInt64(unit + 1))
    }
    guard digits.first?.isNumber == true, let number = UInt64(digits) else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    guard !overflows, bytes <= UndoLimit.largest else { return nil }
    byteCount = bytes
  }
}
