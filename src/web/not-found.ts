import { render } from 'lit';
import { gatewayUrls, tokenOfSearch } from './gateway/paths.ts';
import { pageHeader } from './pages/page-header.ts';

const home = gatewayUrls(location.origin, tokenOfSearch(location.search)).home();
const header = document.querySelector<HTMLElement>('#header');

if (header) render(pageHeader(home), header);
document.querySelector('#home')?.setAttribute('href', home);
