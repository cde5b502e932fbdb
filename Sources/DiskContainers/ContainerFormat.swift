/// A container of a disk's bytes that can be read here.
public enum ContainerFormat: UInt8, Hashable, Sendable, CaseIterable {
  /// QEMU's format, version 2 or 3.
  case qcow2
  /// VMware's format: a sparse disk in one file, or a stream of packed grains.
  case vmdk
  /// Microsoft's format of Virtual PC.
  case vhd
  /// Microsoft's format of Hyper-V.
  case vhdx
  /// VirtualBox's format.
  case vdi
  /// Apple's disk image (UDIF).
  case dmg
  /// A disc in raw sectors of 2352 bytes.
  case rawDisc

  /// Its short name.
  public var name: String { self == .rawDisc ? "raw-cd" : "\(self)" }
}

/// A container that is known by its content and not read here.
public enum ForeignContainer: UInt8, Hashable, Sendable, CaseIterable {
  /// The first version of QEMU's format.
  case qcow
  /// A format that QEMU had for a while.
  case qed
  /// A text that names the files of a VMware disk.
  case vmdkDescriptor
  /// A sparse file of VMware ESXi.
  case vmdkCOWD
  /// A format of Parallels.
  case parallels
  /// A format of Bochs.
  case bochs
  /// Windows' archive of file systems.
  case wim
  /// Windows' full flash update.
  case ffu
  /// Android's sparse image.
  case androidSparse
  /// The evidence format of EnCase.
  case ewf
  /// Nero's disc image.
  case nrg
  /// The description of a disc by Alcohol 120%.
  case mds
  /// The description of a disc by CloneCD.
  case ccd
  /// MAME's format of disks and discs.
  case chd
  /// Apple's disk image, encrypted.
  case encryptedDMG
}

/// What a file is.
public enum RecognisedContainer: Hashable, Sendable {
  /// A container that can be read.
  case readable(ContainerFormat)
  /// A text that says where the tracks of a disc lie.
  case cueSheet
  /// A container that cannot be read here.
  case foreign(ForeignContainer)
}
