/** A small, valid runbook; the tests break one thing of it at a time. Line numbers in the tests are those of this text. */
export const SAMPLE = `id: remote-write-failure
revision: 1
title: { en: Remote write fails, ko: 원격 쓰기 실패 }
summary: { en: A sample., ko: 예시. }
failureDomain: receive
match:
  - { alertname: RemoteWriteLagging }
targets: [receiver]
probes:
  - { id: pods, use: kubernetes.pods, with: { target: receiver } }
causes:
  - id: broken
    title: { en: Broken, ko: 고장 }
    explanation: { en: It is broken., ko: 고장. }
    when: { probe: pods, field: broken, above: 0 }
    confidence: high
    impact: outage
    remedies: [evict]
remedies:
  - { id: evict, use: kubernetes.evictPods, title: { en: Evict, ko: 축출 }, with: { target: receiver } }
verify:
  - { id: ready, title: { en: Ready, ko: 준비 }, condition: { probe: pods, field: notReady, is: 0 } }
examples:
  - id: one
    title: { en: One, ko: 하나 }
    alert: { alertname: RemoteWriteLagging }
    evidence: { pods: { broken: 1 } }
    expect: { cause: broken, remedies: [evict] }
`;

/** The sample with one passage replaced. Throws when the passage is not there, so that no test passes for nothing. */
export function broken(passage: string, replacement: string): string {
  if (!SAMPLE.includes(passage)) throw new Error(`the sample has no ${passage}`);
  return SAMPLE.replace(passage, replacement);
}
