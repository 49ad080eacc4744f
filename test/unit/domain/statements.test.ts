import { isSigned, statementFault, type Addressee } from '../../../workflows/domain/statements';
import { TestSigner } from '../../support/signing';

const signer = new TestSigner();
const incident = { workflowId: 'incident/c/receive', firstRunId: 'run-1' };
const NOW = '2026-02-01T00:00:00.000Z';
const addressee: Addressee = { ...incident, message: 'decide', temporalNamespace: 'default', now: NOW };
const signed = (change: object = {}) => signer.sign(incident, 'decide', { verdict: 'approve' }, change);
const fault = (given: ReturnType<typeof signed>) => statementFault(given, addressee, [signer.key]);

test('only an envelope with a statement and a signature is a signed one', () => {
  expect(isSigned(signed())).toBe(true);
  const { statement, signature } = signed();
  for (const other of [undefined, null, 'signature statement', 7, {}, { statement }, { signature }, { verdict: 'approve' }]) expect(isSigned(other as never)).toBe(false);
});

test('a statement of another version is not understood, however well it is signed', () => {
  expect(fault(signed())).toBeUndefined();
  for (const version of [0, 2, undefined]) expect(fault(signed({ version }))).toMatch(/version that is not understood/);
  const { statement: _none, ...empty } = signed();
  expect(fault(empty as never)).toMatch(/version that is not understood/);
});

test('it counts up to the moment at which it expires, and one that expires at no readable time has expired', () => {
  expect(fault(signed({ expiresAt: NOW }))).toBeUndefined();
  expect(fault(signed({ expiresAt: '2026-01-31T23:59:59.999Z' }))).toMatch(/expired at 2026-01-31/);
  for (const expiresAt of ['never', '', undefined]) expect(fault(signed({ expiresAt }))).toMatch(/expired/);
});

test.each(['message', 'temporalNamespace', 'workflowId', 'firstRunId'] as const)('for another %s it does not count', (field) => {
  expect(fault(signed({ [field]: 'another' }))).toBe(`it is addressed to another ${field} (another)`);
});

test('a signature is of this statement by this key, or worth nothing', () => {
  const good = signed();
  expect(fault({ ...good, statement: { ...good.statement, actor: 'eve' } })).toMatch(/does not match/);
  for (const signature of ['', 'zz', '00', undefined]) expect(fault({ ...good, signature } as never)).toMatch(/does not match/);
  expect(fault({ ...good, keyId: 'another' })).toBe('it is signed with the key another, which is not trusted here');
  // The right name for the wrong key.
  expect(statementFault(good, addressee, [{ ...new TestSigner().key, keyId: good.keyId }])).toMatch(/does not match/);
});
