import { alertsOf, bodyFault, stormEntryOf, stormNewsOf } from '../../../workflows/domain/message-shape';

const ALERT = { fingerprint: 'f', status: 'firing', startsAt: '2026-03-04T12:00:00Z', labels: { alertname: 'X' }, annotations: {} };

describe('a message from whoever reaches Temporal', () => {
  it.each([[undefined], [null], [5], ['x'], [[]]])('is an object: %j', (body) => {
    expect(bodyFault(body)).toBe('a message is a JSON object');
  });

  it.each(['actor', 'reason', 'text', 'remedy', 'verdict', 'planHash'])('%s is a text where it is there', (field) => {
    for (const wrong of [5, null, {}, [], true]) expect(bodyFault({ [field]: wrong })).toBe(`${field} has to be a text`);
    expect(bodyFault({ [field]: '' })).toBeUndefined();
    expect(bodyFault({ [field]: undefined, other: 5 })).toBeUndefined();
  });
});

describe('alerts', () => {
  it('are taken one by one, and what is none is left out', () => {
    expect(alertsOf({ alerts: [ALERT, null, 'x', { ...ALERT, status: 'resolved' }, {}] })).toEqual([ALERT, { ...ALERT, status: 'resolved' }]);
  });

  it.each([[undefined], [null], [{}], [{ alerts: null }], [{ alerts: 'x' }], [{ alerts: {} }], [[ALERT]]])('of %j there are none', (body) => {
    expect(alertsOf(body)).toEqual([]);
  });

  it.each([
    { fingerprint: 5 }, { fingerprint: undefined }, { status: 'on' }, { status: undefined }, { startsAt: 5 }, { startsAt: undefined },
    { labels: null }, { labels: undefined }, { labels: { alertname: 5 } }, { labels: [] }, { annotations: null }, { annotations: undefined }, { annotations: { text: {} } },
  ])('are none with %j', (change) => {
    expect(alertsOf({ alerts: [{ ...ALERT, ...change }] })).toEqual([]);
  });
});

describe('what a storm tells', () => {
  const LEADER = { publicId: 'p', workflowId: 'w', failureDomain: 'receive' };

  it.each([
    { kind: 'follow', leader: LEADER },
    { kind: 'ended', leader: 'p', outcome: 'recovered' },
    { kind: 'lead', followers: ['a', 'b'] },
    { kind: 'lead', followers: [] },
  ])('is taken as it is: %j', (news) => {
    expect(stormNewsOf(news)).toBe(news);
  });

  it.each([
    [undefined], [null], ['follow'], [[]], [{}], [{ kind: 'follow' }], [{ kind: 'follow', leader: null }], [{ kind: 'follow', leader: { ...LEADER, publicId: 7 } }],
    [{ kind: 'follow', leader: { ...LEADER, workflowId: undefined } }], [{ kind: 'follow', leader: { ...LEADER, failureDomain: 'moon' } }], [{ kind: 'ended', leader: LEADER, outcome: 'recovered' }],
    [{ kind: 'ended', leader: 'p', outcome: 'well' }], [{ kind: 'ended', leader: 'p' }], [{ kind: 'lead', followers: [7] }], [{ kind: 'lead', followers: ['a', 7] }], [{ kind: 'lead', followers: 'ab' }],
    [{ kind: 'other', leader: LEADER, outcome: 'recovered', followers: [] }],
  ])('is left aside where it cannot be read: %j', (news) => {
    expect(stormNewsOf(news)).toBeUndefined();
  });
});

describe('an incident that makes itself known', () => {
  const ENTRY = { workflowId: 'w', publicId: 'p', failureDomain: 'query', alertnames: ['X'] };

  it('is taken as it is', () => {
    expect(stormEntryOf(ENTRY)).toBe(ENTRY);
    expect(stormEntryOf({ ...ENTRY, alertnames: [] })).toBeDefined();
  });

  it.each([[undefined], [null], [7], [{}], [{ ...ENTRY, workflowId: 7 }], [{ ...ENTRY, publicId: undefined }], [{ ...ENTRY, failureDomain: 'moon' }], [{ ...ENTRY, failureDomain: undefined }], [{ ...ENTRY, alertnames: 'X' }], [{ ...ENTRY, alertnames: ['X', 7] }]])(
    'is left aside where it cannot be read: %j', (entry) => {
      expect(stormEntryOf(entry)).toBeUndefined();
    });
});
