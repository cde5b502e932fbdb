import DiskContainers
import ImageInspector
import ImageSource
import Terminal

extension Diagnostic {
  /// Words for a disk container that does not become a disk.
  init(_ error: ContainerError, _ format: ContainerFormat, image: String) {
    if case .unreadable(let call, let offset) = error {
      self.init(ImageSourceError.system(call, offset: offset), image: image)
      return
    }
    let because = [SanitizedText(sentence: error.explanation)]
    let toFix = SanitizedText(sentence: error.remedy(format))
    switch error {
    case .needs:
      self.init(
        .containerUnsupported, .imageRefused,
        "\(image) is a disk container (\(SanitizedText(foreign: format.name))) that cannot be read here",
        because: because, toFix: toFix)
    case .unreadable, .damaged, .checksumWrong, .cutOff, .usedTwice, .tooLong, .outOfMemory, .budgetExhausted:
      self.init(
        .containerDamaged, .imageRefused,
        "\(image) is a disk container (\(SanitizedText(foreign: format.name))) that is damaged",
        because: because, toFix: toFix)
    }
  }
}
