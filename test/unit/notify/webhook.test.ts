import { MockActivityEnvironment } from '@temporalio/testing';
import { createNotifyActivities } from '../../../activities/notify/activities';
import type { NotifyGateway } from '../../../activities/notify/gateway';
import { webhookGateway } from '../../../activities/notify/webhook-gateway';
import { failure, failureTypeOf, type FailureType, type Notification } from '../../../workflows/contracts';
import { WireServer } from '../../support/wire-server';

const PAGE: Notification = {
  id: '20261122-3f9ab21c-1-opened', kind: 'opened', publicId: '20261122-3f9ab21c', cluster: 'cluster-03', severity: 'critical',
  title: { en: 'Remote write is failing', ko: 'Remote Write 실패' }, text: { en: 'Look.', ko: '확인하십시오.' }, url: 'http://127.0.0.1:8088/incidents/x', level: 1, at: '2026-11-22T03:00:00Z',
};
const SECRET = 's3cr3t-token';

let server: WireServer;

beforeEach(async () => {
  server = await WireServer.start();
  server.handler = (_request, response) => void response.writeHead(200).end();
});
afterEach(() => server.stop());

const gateway = (): NotifyGateway => webhookGateway({ name: 'pager', url: `${server.url}/hook/${SECRET}?key=${SECRET}`, bearerToken: SECRET, headers: { 'x-team': 'sre' } });

describe('the webhook', () => {
  it('is sent the notification as JSON, with its id to recognise a repeat', async () => {
    expect(await gateway().deliver(PAGE)).toBe('200');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(PAGE);
    expect(server.seen[0]?.headers).toMatchObject({ 'idempotency-key': PAGE.id, authorization: `Bearer ${SECRET}`, 'x-team': 'sre', 'content-type': 'application/json' });
  });

  it.each<[number, FailureType]>([
    [301, 'UpstreamRejected'], [400, 'UpstreamRejected'], [401, 'NotAuthorized'], [403, 'NotAuthorized'], [404, 'TargetNotFound'], [408, 'UpstreamUnavailable'],
    [409, 'Conflict'], [410, 'UpstreamUnavailable'], [422, 'UpstreamRejected'], [429, 'RateLimited'], [500, 'UpstreamUnavailable'], [502, 'UpstreamUnavailable'], [503, 'UpstreamUnavailable'],
  ])('%i is %s, and no secret is in what is said about it', async (status, type) => {
    server.handler = (_request, response) => void response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(`your token ${SECRET} is bad`);
    const error: unknown = await gateway().deliver(PAGE).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe(type);
    expect((error as Error).message).toContain(`The notification receiver pager answered ${status} to POST of a page (opened)`);
    expect((error as Error).message).not.toContain(SECRET);
  });

  it('is asked again when it asked to be', async () => {
    server.handler = (_request, response) => void response.writeHead(429, { 'retry-after': '7' }).end();
    await expect(gateway().deliver(PAGE)).rejects.toMatchObject({ nextRetryDelay: 7_000 });
  });

  it('that cannot be reached is unavailable, and its address is not told', async () => {
    const pager = gateway();
    await server.stop();
    const error: unknown = await pager.deliver(PAGE).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    expect((error as Error).message).not.toContain(SECRET);
  });
});

describe('notifyPage', () => {
  const receiver = (name: string, deliver: NotifyGateway['deliver'], kinds?: Notification['kind'][]): NotifyGateway => ({ name, deliver, ...(kinds && { kinds }) });
  const ok = jest.fn(async () => '200');
  const refuse = jest.fn(async () => {
    throw failure('NotAuthorized', 'answered 401');
  });
  const away = jest.fn(async () => {
    throw failure('UpstreamUnavailable', 'could not be reached', { nextRetryMs: 3_000 });
  });
  beforeEach(() => jest.clearAllMocks());

  it('says that nobody is configured, which is no error', async () => {
    expect(await createNotifyActivities({ receivers: [] }).notifyPage(PAGE)).toEqual({ delivered: false, detail: 'no notification receiver is configured' });
  });

  it('goes higher the longer nobody acts', async () => {
    const levels = (gateway: NotifyGateway, level: number): NotifyGateway => ({ ...gateway, level });
    const { notifyPage } = createNotifyActivities({ receivers: [receiver('pager', ok), levels(receiver('lead', ok), 2), levels(receiver('boss', ok), 3)] });
    const reached = async (level: number) => (await notifyPage({ ...PAGE, level })).detail;
    expect(await reached(1)).toBe('pager: 200');
    expect(await reached(2)).toBe('pager: 200; lead: 200');
    expect(await reached(7)).toBe('pager: 200; lead: 200; boss: 200');
  });

  it('goes to those who want this kind', async () => {
    const { notifyPage } = createNotifyActivities({ receivers: [receiver('pager', ok, ['opened']), receiver('chat', refuse, ['closed'])] });
    expect(await notifyPage(PAGE)).toEqual({ delivered: true, detail: 'pager: 200' });
    expect(await notifyPage({ ...PAGE, kind: 'overdue' })).toEqual({ delivered: false, detail: 'no notification receiver of level 1 wants to hear of "overdue"' });
    expect(refuse).not.toHaveBeenCalled();
  });

  it('reports a refusal beside a delivery, and is not retried for it', async () => {
    const { notifyPage } = createNotifyActivities({ receivers: [receiver('pager', ok), receiver('chat', refuse)] });
    expect(await notifyPage(PAGE)).toEqual({ delivered: true, detail: 'pager: 200; chat: answered 401' });
  });

  it('reports that every receiver refused', async () => {
    expect(await createNotifyActivities({ receivers: [receiver('chat', refuse)] }).notifyPage(PAGE)).toEqual({ delivered: false, detail: 'chat: answered 401' });
  });

  const MINUTE = 60_000;
  /** As a workflow asks for it: an attempt after so long. */
  const since = (ms: number) => ({ scheduledTimestampMs: Date.now() - ms, scheduleToCloseTimeoutMs: 10 * MINUTE, startToCloseTimeoutMs: 15_000, retryPolicy: { maximumInterval: MINUTE } });

  it('is retried while one is away, says who has it already, and leaves that one out', async () => {
    const { notifyPage } = createNotifyActivities({ receivers: [receiver('pager', ok), receiver('chat', away)] });
    const first = new MockActivityEnvironment(since(0));
    let left: unknown;
    first.on('heartbeat', (details: unknown) => (left = details));
    await expect(first.run(notifyPage, PAGE)).rejects.toMatchObject({ type: 'UpstreamUnavailable', message: 'pager: 200; chat: could not be reached', nextRetryDelay: 3_000 });
    away.mockImplementationOnce(async () => '202' as never);
    expect(await new MockActivityEnvironment({ heartbeatDetails: left }).run(notifyPage, PAGE)).toEqual({ delivered: true, detail: 'pager: 200; chat: 202' });
    expect(ok).toHaveBeenCalledTimes(1);
  });

  it('is delivered when one has it, also where another never takes it: no later attempt would end in time', async () => {
    const { notifyPage } = createNotifyActivities({ receivers: [receiver('pager', ok), receiver('chat', away)] });
    const page = (ms: number) => new MockActivityEnvironment({ ...since(ms), heartbeatDetails: [['pager', '200']] }).run(notifyPage, PAGE);
    await expect(page(8 * MINUTE)).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
    expect(await page(9 * MINUTE)).toEqual({ delivered: true, detail: 'pager: 200; chat: could not be reached' });
    expect(ok).not.toHaveBeenCalled();
  });

  it('goes on to its end for a wait that was asked for, and where nobody has it', async () => {
    const late = createNotifyActivities({ receivers: [receiver('pager', ok), receiver('chat', jest.fn(async () => { throw failure('RateLimited', 'answered 429', { nextRetryMs: 5 * MINUTE }); }))] });
    expect(await new MockActivityEnvironment(since(6 * MINUTE)).run(late.notifyPage, PAGE)).toEqual({ delivered: true, detail: 'pager: 200; chat: answered 429' });
    const nobody = createNotifyActivities({ receivers: [receiver('chat', away)] });
    await expect(new MockActivityEnvironment(since(9.9 * MINUTE)).run(nobody.notifyPage, PAGE)).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
  });
});
