import Terminal

/// `burin` alone: chooses with somebody what `burin write` is given, and has it do the rest.
///
/// From the choice on, it is the same command, with the same gate, question, report and exit status; only its progress is
/// shown in another way.
struct GuideSession {
  let context: Context
  let desk: Desk
  /// `--plain`.
  let isPlain: Bool

  /// Runs it from the first question to the last word.
  func run() async -> ExitStatus {
    let speaks = isPlain || !desk.redraws
    let choice =
      speaks ? PlainGuide(context: context, desk: desk).run() : GuideShell(context: context, desk: desk).run()
    guard let choice else { return context.report(.cancelled(by: context.stopSignal())) }
    var context = context
    context.fit(to: ScreenSize(of: desk.output))
    let style = desk.style
    let title: SanitizedText = "burin, step 4 of 4: \(choice.image) onto \(choice.target)"
    context.progressView = { [screen = FullScreen(output: desk.output), stderr = context.stderr] in
      if speaks { return SpokenView(stderr) }
      return ScreenView(screen, stderr, style, title: title)
    }
    let purpose: SanitizedText =
      speaks ? "Step 4 of 4: the word." : "burin, step 4 of 4: what will be lost, and your word"
    context.stderr.writeLine(purpose.styled(.bold, if: context.errorCapabilities.hasColor))
    context.stderr.writeLine("The same as: \(choice.text(sudo: context.broker == nil))")
    let status = await Burin.run(choice.arguments, in: context)
    for line in advice(status, choice) { context.stdout.writeLine(line) }
    return status
  }

  /// What comes next, under the report.
  private func advice(_ status: ExitStatus, _ choice: GuideChoice) -> [SanitizedText] {
    let burin: SanitizedText = context.broker == nil ? "sudo burin" : "burin"
    var capabilities = context.outputCapabilities
    capabilities.width = ScreenSize(of: desk.output).columns
    guard status == .done else {
      return WriteOutcome.list(
        "  next        ",
        [
          "Nothing is tried again by itself: run \(burin) once more to begin anew, with the ID as it is then."
        ],
        capabilities)
    }
    let steps: [SanitizedText] = [
      """
      take the stick out, plug it into the computer that is to start from it, and choose it in the boot menu: often \
      F12, F11, F9 or Esc right after switching on
      """,
      "\(burin) verify compares it with the image later, \(burin) restore makes an ordinary empty stick of it",
    ]
    return WriteOutcome.list("  next        ", steps, capabilities)
  }
}

extension GuideChoice {
  /// The command line as somebody would type it.
  func text(sudo: Bool) -> SanitizedText {
    let words = ["burin", "write"] + (unmounts ? ["--unmount"] : []) + [image, target].map(ShellWord.quoted)
    return SanitizedText(
      held: SanitizedText(foreign: ((sudo ? ["sudo"] : []) + words).joined(separator: " ")))
  }

}
