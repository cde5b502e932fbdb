import BlockIO
import Glibc
import SystemPackage
import Terminal

/// What an errno value means to an operation on a device, and how it is called then.
enum DeviceTrouble: Hashable {
  case failed, unplugged, noMedium, readOnly, tooShort, permission, refusedRequest

  /// Judges by the kernel's answer.
  init(_ errno: Errno) {
    switch errno.rawValue {
    // R31: a descriptor never leads to the disk that is plugged in next.
    case ENODEV, ENXIO, ENOENT, ESHUTDOWN, EBADFD: self = .unplugged
    case ENOMEDIUM, EMEDIUMTYPE: self = .noMedium
    case EROFS, EPERM: self = .readOnly
    case EACCES: self = .permission
    case ENOSPC, EFBIG: self = .tooShort
    // Our own alignment or an impossible address: never the medium's fault, never retried in a weaker way.
    case EINVAL, EFAULT, EBADF: self = .refusedRequest
    default: self = .failed
    }
  }

  var id: DiagnosticID {
    switch self {
    case .failed: .deviceFailed
    case .unplugged: .deviceUnplugged
    case .noMedium: .deviceNoMedium
    case .readOnly: .deviceReadOnly
    case .tooShort: .deviceTooShort
    case .permission: .targetPermission
    case .refusedRequest: .internalError
    }
  }

  var exit: ExitStatus {
    switch self {
    case .failed, .unplugged, .noMedium, .readOnly, .tooShort: .deviceFailed
    case .permission: .notPermitted
    case .refusedRequest: .internalError
    }
  }

  var predicate: SanitizedText {
    switch self {
    case .failed: "failed"
    case .unplugged: "disappeared"
    case .noMedium: "lost its medium"
    case .readOnly: "refuses writes"
    case .tooShort: "ended before the image did"
    case .permission: "may not be accessed"
    case .refusedRequest: "was asked for something impossible"
    }
  }

  var remedy: SanitizedText {
    switch self {
    case .failed: "try another port or cable; if it fails again, the stick is worn out: replace it"
    case .unplugged: "plug it in and begin anew: `burin list` shows its new ID"
    case .noMedium: "put the card back and begin anew: `burin list` shows its new ID"
    case .readOnly: "look for a write-protect switch; a worn-out stick refuses writes for good: replace it"
    case .tooShort: "it holds less than it claims, as counterfeit sticks do: replace it"
    case .permission: "run it with sudo"
    case .refusedRequest: "report this as an error of burin, with the lines above"
    }
  }
}

extension SanitizedText {
  /// A failed request to a disk as one clause, in the kernel's words where the C library's are of something else.
  init(ofDisk error: SystemCallError) {
    // `blk_errors`, block/blk-core.c
    let words: SanitizedText
    switch error.errno.rawValue {
    case EILSEQ: words = "a protection check failed"
    case EREMOTEIO: words = "the disk refused the request"
    case ENODATA: words = "a medium error"
    case ENOLINK: words = "the transport failed"
    case EBADE: words = "somebody else has reserved the disk"
    default:
      self.init(error)
      return
    }
    self = "\(error.call): \(words) (errno \(error.errno.rawValue))"
  }

  /// A failed system call as one clause: `pwrite: Input/output error (EIO)`.
  init(_ error: SystemCallError) {
    self = "\(error.call): \(error.errno.description) (errno \(error.errno.rawValue))"
  }
}
