import { bytesOf, quantityOf, showBytes } from '../../../activities/quantity';

test.each([['100Gi', 107374182400], ['64Mi', 67108864], ['1.5Ti', 1649267441664], ['128974848', 128974848], ['129e6', 129e6], ['129M', 129e6], ['500m', 0.5], ['0', 0]])('%s is %d bytes', (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes);
});

test.each(['', 'Gi', '10 Gi', '-1Gi', '10GiB', 'NaN', undefined, {}])('%p is no quantity', (value) => {
  expect(bytesOf(value)).toBeUndefined();
});

test.each([[200 * 1024 ** 3, '200Gi'], [1536 * 1024 ** 2, '1536Mi'], [1024 ** 2 + 1, '2Mi'], [3 * 1024 ** 4, '3Ti'], [1000, '1000'], [0, '0']])('%d bytes are %s', (bytes, quantity) => {
  expect(bytesOf(quantity)).toBeGreaterThanOrEqual(bytes);
  expect(quantityOf(bytes)).toBe(quantity);
});

test('for people', () => {
  expect([0, 1, 1536, 2 * 1024 ** 3].map(showBytes)).toEqual(['0 B', '1 B', '1.5 KiB', '2 GiB']);
});
