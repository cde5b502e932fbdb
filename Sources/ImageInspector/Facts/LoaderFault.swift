import DiskFormats

/// Why firmware does not start a program whose name it looks for.
package enum LoaderFault: Hashable, Sendable {
  /// It has no byte.
  case empty
  /// It is a broken symbolic link of a mastering tool, say.
  case tooShort
  /// It is no PE file.
  case noProgram
  /// It is for another machine than its name promises.
  case otherMachine
  /// Sections that its headers name lie behind its end.
  case cutOff
  /// Its headers contradict themselves or the file.
  case damagedHeader
  /// It is a driver (subsystem 11 or 12).
  case driver
  /// It is a program for another system.
  case noApplication
  /// Its name is that of a machine that is not told apart here.
  case unknownMachine
}

extension LoaderFacts {
  /// What is wrong with it; nil where firmware that looks for its name starts it.
  ///
  /// That a boot option must be an application is checked by EDK2's BmIsLoadOptionPeHeaderValid
  /// (MdeModulePkg/Library/UefiBootManagerLib/BmLoadOption.c).
  package var fault: LoaderFault? {
    if byteCount == 0 { return .empty }
    if byteCount < EFIBinary.smallestLoader { return .tooShort }
    guard promised != nil else { return .unknownMachine }
    guard machine != nil else { return .noProgram }
    guard architecture == promised else { return .otherMachine }
    guard isWhole else { return .cutOff }
    guard !hasDamagedHeader else { return .damagedHeader }
    return switch subsystem {
    case 10: nil
    case 11, 12: .driver
    default: .noApplication
    }
  }

  /// The same in words, which go on behind "it is".
  package var faultInWords: String? {
    switch fault {
    case nil: nil
    case .empty: "empty"
    case .tooShort: "too short to be a program"
    case .noProgram: "no program for UEFI"
    case .otherMachine:
      "a program for \(architecture?.rawValue ?? "machine 0x\(String(machine ?? 0, radix: 16))"), "
        + "not for \(promised?.rawValue ?? "another") as its name says"
    case .cutOff: "cut off"
    case .damagedHeader: "a program whose header is damaged"
    case .driver: "a driver, and no program to boot"
    case .noApplication: "a program, but none for UEFI"
    case .unknownMachine: "for a kind of machine that is not known here"
    }
  }
}
