/// The kind of processor that a PE file is for (COFF machine field).
public struct Machine: RawRepresentable, Hashable, Sendable {
  /// The number in the COFF header.
  public var rawValue: UInt16

  /// Takes any number, known or not.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// 32-bit x86.
  public static let ia32 = Machine(rawValue: 0x014C)
  /// 64-bit x86.
  public static let x64 = Machine(rawValue: 0x8664)
  /// 32-bit ARM, Thumb-2 (0x1C2 is what UEFI names; 0x1C0 and 0x1C4 occur).
  public static let arm = Machine(rawValue: 0x01C2)
  /// 64-bit ARM.
  public static let aa64 = Machine(rawValue: 0xAA64)
  /// Itanium.
  public static let ia64 = Machine(rawValue: 0x0200)
  /// 32-bit RISC-V.
  public static let riscv32 = Machine(rawValue: 0x5032)
  /// 64-bit RISC-V.
  public static let riscv64 = Machine(rawValue: 0x5064)
  /// 128-bit RISC-V.
  public static let riscv128 = Machine(rawValue: 0x5128)
  /// 32-bit LoongArch.
  public static let loongarch32 = Machine(rawValue: 0x6232)
  /// 64-bit LoongArch.
  public static let loongarch64 = Machine(rawValue: 0x6264)

  /// The name that UEFI gives the processor in `BOOT….EFI` (UEFI 2.10 §3.5.1.1); nil where it has none.
  public var bootFileSuffix: String? {
    switch rawValue {
    case 0x014C: "IA32"
    case 0x8664: "X64"
    case 0x01C0, 0x01C2, 0x01C4: "ARM"
    case 0xAA64: "AA64"
    case 0x0200: "IA64"
    case 0x5032: "RISCV32"
    case 0x5064: "RISCV64"
    case 0x5128: "RISCV128"
    case 0x6232: "LOONGARCH32"
    case 0x6264: "LOONGARCH64"
    default: nil
    }
  }
}
