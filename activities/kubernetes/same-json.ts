export { sameJson } from '../same-json';
