import Testing
@Suite struct VerdictRewardTests {}
