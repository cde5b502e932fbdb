/// The name of every error that burin reports; the DIAGNOSTICS section of the manual page explains each.
enum DiagnosticID: String, Hashable, Sendable, CaseIterable {
  // The command line and the run itself.
  case usage
  case cancelled
  case interrupted
  case incomplete
  case outputFailed = "output-failed"
  case internalError = "internal-error"

  // The image.
  case imageNotFound = "image-not-found"
  case imagePermission = "image-permission"
  case imageIsDirectory = "image-is-directory"
  case imageIsPipe = "image-is-pipe"
  case imageIsCharacterDevice = "image-is-character-device"
  case imageIsBlockDevice = "image-is-block-device"
  case imageIsSocket = "image-is-socket"
  case imageEmpty = "image-empty"
  case imageTooShort = "image-too-short"
  case imageUnreadable = "image-unreadable"
  case imageShrank = "image-shrank"
  case imageChanged = "image-changed"
  case imageTruncated = "image-truncated"
  case imageDamaged = "image-damaged"
  case imageCompressed = "image-compressed"
  case packedDamaged = "packed-damaged"
  case packedTruncated = "packed-truncated"
  case packedTrailing = "packed-trailing"
  case packedTooDemanding = "packed-too-demanding"
  case packedUnsupported = "packed-unsupported"
  case decodingFailed = "decoding-failed"
  case imageIsContainer = "image-is-container"
  case imageNeedsFileCopy = "image-needs-file-copy"
  case imageNotBootable = "image-not-bootable"
  case imageTooLarge = "image-too-large"
  case imageNotSparse = "image-not-sparse"
  case checksumWrong = "checksum-wrong"
  case checksumForbidden = "checksum-forbidden"
  case inspectionFailed = "inspection-failed"

  // Block maps.
  case bmapNotFound = "bmap-not-found"
  case bmapUnreadable = "bmap-unreadable"
  case bmapInvalid = "bmap-invalid"
  case bmapTooLarge = "bmap-too-large"
  case bmapDiffers = "bmap-differs"
  case bmapNotSaved = "bmap-not-saved"

  // The target, before anything is written.
  case targetNotFound = "target-not-found"
  case targetLinkDangling = "target-link-dangling"
  case targetIDUnknown = "target-id-unknown"
  case targetIDAmbiguous = "target-id-ambiguous"
  case targetIsFile = "target-is-file"
  case targetIsDirectory = "target-is-directory"
  case targetNotBlockDevice = "target-not-block-device"
  case targetIsPartition = "target-is-partition"
  case targetNotADisk = "target-not-a-disk"
  case targetInUse = "target-in-use"
  case targetSystem = "target-system"
  case targetHoldsImage = "target-holds-image"
  case targetUnknown = "target-unknown"
  case targetAmbiguous = "target-ambiguous"
  case targetProtected = "target-protected"
  case targetInternal = "target-internal"
  case targetNeedsOption = "target-needs-option"
  case targetHoldsMore = "target-holds-more"
  case targetNoMedium = "target-no-medium"
  case targetReadOnly = "target-read-only"
  case targetPermission = "target-permission"
  case targetNoDirectAccess = "target-no-direct-access"
  case targetRaggedSize = "target-ragged-size"
  case targetBlockSize = "target-block-size"
  case targetChanged = "target-changed"
  case targetUnreadable = "target-unreadable"
  case confirmationMissing = "confirmation-missing"
  case confirmationWrong = "confirmation-wrong"
  case confirmationImpossible = "confirmation-impossible"

  // The list of protected disks.
  case protectListBroken = "protect-list-broken"
  case protectNotListed = "protect-not-listed"
  case protectNothingKnown = "protect-nothing-known"
  case protectNotSaved = "protect-not-saved"

  // Plans.
  case planNotFound = "plan-not-found"
  case planInvalid = "plan-invalid"
  case planNotSaved = "plan-not-saved"
  case planTargetDiffers = "plan-target-differs"
  case planImageDiffers = "plan-image-differs"

  // What is saved before a write, and brought back.
  case undoSaveFailed = "undo-save-failed"
  case undoJournalFailed = "undo-journal-failed"
  case undoUnavailable = "undo-unavailable"
  case undoNothing = "undo-nothing"
  case undoDamaged = "undo-damaged"

  // The device, while it is written or read.
  case deviceFailed = "device-failed"
  case deviceUnplugged = "device-unplugged"
  case deviceNoMedium = "device-no-medium"
  case deviceReadOnly = "device-read-only"
  case deviceTooShort = "device-too-short"
  case fakeCapacity = "fake-capacity"
  case mediumDiffers = "medium-differs"
  case mediumTooSmall = "medium-too-small"
}
