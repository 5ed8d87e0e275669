// What runs in the browser: parts of a page are exchanged (htmx), and charts
// are drawn. Everything on a page can be read and done without it.
import 'htmx.org';
import './chart';
import './live';

// On a phone the navigation is one line, longer than the screen: it begins where
// the reader is.
document.querySelector('.side [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'center'});
