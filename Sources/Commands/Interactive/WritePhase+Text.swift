import Terminal
import Writer

extension WritePhase {
  /// What is happening, in a sentence.
  var sentence: SanitizedText {
    switch self {
    case .preparing, .done: ""
    case .saving: "Saving what is on the stick now, so that burin undo can bring it back."
    case .erasing: "Zeroing what computers look for on a stick: from here on nothing on it boots."
    case .writing: "Writing the image, all of it but the beginning that makes it boot."
    case .flushing: "Waiting until the stick has stored what it was given."
    case .verifying: "Reading everything back from the stick itself, and comparing it."
    case .committing: "Writing the beginning: from here on the stick boots."
    case .restoring: "Putting back what was saved."
    case .reading: "Reading."
    case .probing: "Reading the marks that tell how much the stick holds in truth."
    case .unplugging: "All of it is equal. Now unplug the stick."
    case .replugging: "Now plug the stick in again, into any port."
    }
  }

  /// That nothing has moved for a time.
  func stallText(_ time: SanitizedText) -> SanitizedText {
    switch self {
    case .erasing, .flushing, .committing, .probing, .saving:
      "The stick has not answered for \(time)."
    case .unplugging, .replugging: "Waiting for \(time)."
    case .preparing, .done, .writing, .verifying, .restoring, .reading:
      "No byte has moved for \(time): the stick, or what the image comes from, does not answer."
    }
  }

  /// What becomes of the stick where somebody stops the run now.
  var stopText: SanitizedText {
    switch self {
    case .preparing, .saving, .done: "Ctrl-C stops; nothing has been written so far."
    case .erasing, .writing, .flushing, .verifying, .committing, .probing:
      "Ctrl-C stops; the stick does not boot then, and what was on it is gone."
    case .unplugging, .replugging: "Ctrl-C stops; what was proven before stays proven."
    case .restoring, .reading: "Ctrl-C stops."
    }
  }
}
