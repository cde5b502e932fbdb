import DiskFormats

/// What EDK2, from which nearly all UEFI firmware descends, makes of a medium beyond what the specification says.
///
/// It tries GPT, El Torito and MBR, in this order, and stops at the first that gives it a partition
/// (mPartitionDetectRoutineTable in MdeModulePkg/Universal/Disk/PartitionDxe/Partition.c), on a stick as on a disc.
/// UDF stands beside El Torito there, but is looked for in blocks of the medium: that of a disc is not found on a stick.
extension BootFacts {
  /// Whether the boot catalog gives EDK2 a partition, whatever for, so that it does not look at the MBR of the stick.
  package var isCatalogBeforeMBR: Bool {
    guard let catalog, catalog.isAcceptedByUEFI else { return false }
    return !catalog.entriesOnStick.isEmpty
  }

  /// Whether EDK2 does not see a partition of the MBR, and not what is in it through the boot catalog either.
  package func isHiddenByCatalog(_ volume: FATVolumeFacts) -> Bool {
    guard isCatalogBeforeMBR, let catalog else { return false }
    switch volume.origin {
    case .mbrESP, .mbrFAT: break
    case .gptESP, .gptOther, .superfloppy, .elTorito: return false
    }
    let blocks = optical?.descriptorBlocks ?? 0
    let isNamed = catalog.entriesOnStick.contains { entry, image in
      image.offset == volume.offset && volume.reach <= entry.byteCountForUEFI(volumeBlocks: blocks)
    }
    let isReplaced = volumes.contains { other in
      guard case .elTorito(let index) = other.origin, other.doubt == nil else { return false }
      return catalog.isOnStick(index) && !other.architectures.isDisjoint(with: volume.architectures)
    }
    return !isNamed && !isReplaced
  }

  /// Whether the loader of a partition of the MBR is known, and known not to be found by EDK2.
  package var hasHiddenLoader: Bool {
    !hasUnseenBootImage && volumes.contains { !$0.architectures.isEmpty && isHiddenByCatalog($0) }
  }

  /// Whether a boot image for UEFI lies where nothing can be looked at.
  package var hasUnseenBootImage: Bool { volumes.contains { $0.origin.isBootImage && $0.isUnseen } }
}

extension CatalogFacts {
  /// The entries that EDK2 makes partitions of on a stick, whatever platform they are for.
  ///
  /// PartitionInstallElToritoChildHandles (PartitionDxe/ElTorito.c) looks for them in one block of the medium, and a block
  /// of 512 bytes has 16 slots.
  package var entriesOnStick: [(ImageReport.ElToritoSummary.Entry, Image)] {
    zip(summary.entries, images).enumerated().filter { isOnStick($0.offset) }.map(\.element)
  }

  /// Whether an entry is one of them.
  package func isOnStick(_ index: Int) -> Bool {
    guard summary.entries.indices.contains(index), images.indices.contains(index) else { return false }
    let entry = summary.entries[index]
    return entry.bootable && entry.lba != 0 && images[index].slot < 16
  }

  /// Whether a volume is a boot image whose entry is for another platform than UEFI.
  package func isForOthers(_ volume: FATVolumeFacts) -> Bool {
    guard case .elTorito(let index) = volume.origin, summary.entries.indices.contains(index) else {
      return false
    }
    return !summary.entries[index].isForUEFI
  }
}

extension ImageReport.ElToritoSummary.Entry {
  /// How many bytes EDK2 takes its boot image to have (PartitionInstallElToritoChildHandles).
  ///
  /// It counts in blocks of 2048 bytes, where the specification has 512. Below 2, it reads to the end of the volume by its
  /// descriptor: nothing where the image begins right there, as what xorriso appends does, and without an end where it
  /// begins further behind, as the difference is taken without a sign.
  /// - Parameter volumeBlocks: the length of the volume by its primary descriptor, in blocks of 2048 bytes.
  package func byteCountForUEFI(volumeBlocks: UInt64) -> UInt64 {
    switch emulation {
    case .floppy12: return 1_228_800
    case .floppy144: return 1_474_560
    case .floppy288: return 2_949_120
    case .hardDisk where sectorCount > 1: return UInt64(sectorCount) * 512
    case .none where sectorCount > 1: return UInt64(sectorCount) * 2048
    case .none, .hardDisk, .other: break
    }
    return UInt64(lba) <= volumeBlocks ? (volumeBlocks - UInt64(lba)) * 2048 : .max
  }
}

extension OpticalFacts {
  /// The length of the volume by its primary descriptor, in its blocks.
  var descriptorBlocks: UInt64 { blockSize > 0 ? isoEnd / UInt64(blockSize) : 0 }
}

extension FATVolumeFacts {
  /// What keeps EDK2 from starting a loader of the volume once it has found it, in words that go on behind "but".
  package var doubt: String? {
    switch objection {
    case .fewClusters(let count)?:
      return "its FAT32 has only \(count) clusters, and much firmware mounts none with fewer than 65525"
    case .version(let version)?:
      return "its FAT32 says that it is of version \(version), which much firmware does not mount"
    case .notMirrored?:
      return "its FAT32 keeps only one allocation table up to date, which much firmware does not mount"
    case .noMedia?:
      return "its FAT does not say on what kind of medium it is, and not all firmware mounts that"
    case nil: break
    }
    if hasDamagedDirectory { return "a directory on the way to it is damaged" }
    // EDK2's CoreLoadPeImage takes the address that it was made for or none; whether that is free, nobody knows.
    if loaders.contains(where: { $0.isStartable && !$0.isRelocatable }) {
      return "a loader runs only at one address in memory, which much firmware does not give it"
    }
    guard let firmwareByteCount else {
      return reach > byteCount && byteCount > 0 ? "the loader reaches beyond the end of the partition" : nil
    }
    guard reach > firmwareByteCount else { return nil }
    return firmwareByteCount == 0
      ? "the boot catalog gives it no length, and much firmware then takes it for empty"
      : "the boot catalog says that it is shorter, and much firmware reads no further"
  }
}

extension FATVolumeFacts.Origin {
  /// Whether it is a boot image of El Torito.
  package var isBootImage: Bool { if case .elTorito = self { true } else { false } }
}
