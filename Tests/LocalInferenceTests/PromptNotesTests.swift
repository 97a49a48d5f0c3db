import LocalInference
import Testing

/// What an adapter says of the prompts it learnt, read back.
@Suite struct PromptNotesTests {
  @Test func whatTrainingNotesServingReads() {
    let with = PromptNotes.metadata(program: "persrm-sft 1", showsEvidence: true)
    let without = PromptNotes.metadata(program: "persrm-sft 1", showsEvidence: false)
    #expect(PromptNotes.showsEvidence(with) && !PromptNotes.showsEvidence(without) && !PromptNotes.showsEvidence([:]))
    for notes in [with, without, [:], ["peft": "0.18"]] { #expect(PromptNotes.warning(notes) == nil) }
  }

  @Test func anotherFormOfPromptIsSaid() throws {
    var notes = PromptNotes.metadata(program: "persrm-sft 1", showsEvidence: true)
    notes["persrm.evidence_version"] = "evidence-0"
    let warning = try #require(PromptNotes.warning(notes))
    #expect(warning.contains("persrm.evidence_version evidence-0, now ") && !warning.contains("template"))
    notes["persrm.template"] = "pair-0"
    #expect(try #require(PromptNotes.warning(notes)).contains("persrm.template pair-0, now "))
  }
}
