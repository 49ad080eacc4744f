import type { AxiosStatic } from 'axios';

/** The HTTP client loads Node's whole `fetch` to look whether it could use it: a tenth of a second that no start has to wait for. */
export function axiosWhenNeeded(): AxiosStatic {
  return require('axios') as AxiosStatic;
}
