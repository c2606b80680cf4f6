/// What a check found, with what to do about it.
struct ExaminationReport {
  struct Finding {
    var isWell: Bool
    var what: String
    var whatToDo: String

    static func well(_ what: String) -> Finding {
      Finding(isWell: true, what: what, whatToDo: "")
    }

    static func ill(_ what: String, _ whatToDo: String) -> Finding {
      Finding(isWell: false, what: what, whatToDo: whatToDo)
    }
  }

  var findings: [Finding] = []

  var isWell: Bool { findings.allSatisfy(\.isWell) }

  var json: JSONValue {
    [
      "ok": .bool(isWell),
      "findings": .array(
        findings.map {
          ["ok": .bool($0.isWell), "what": .string($0.what), "whatToDo": .string($0.whatToDo)]
        }),
    ]
  }

  func lines(style: TextStyle) -> [String] {
    var lines: [String] = []
    for finding in findings {
      let mark = finding.isWell ? style.good("ok      ") : style.bad("problem ")
      for (index, line) in DisplayWidth.wrapped(finding.what, to: 70).enumerated() {
        lines.append((index == 0 ? mark : "        ") + line)
      }
      lines += DisplayWidth.wrapped(finding.whatToDo, to: 70).map { "        " + $0 }
    }
    let count = findings.count { !$0.isWell }
    let verdict =
      count == 0 ? "All is well." : "\(NumberText.counted(count, "problem")) to look at."
    return lines + [style.strong(verdict)]
  }
}
